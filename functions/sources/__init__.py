"""What is read from the platform, as it is."""
