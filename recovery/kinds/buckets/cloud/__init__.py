"""What is looked at and done in Google Cloud."""
