"""What talks to Google and to the platform's services about dates of processors."""
