"""What is decided about dates of processors. Pure."""
