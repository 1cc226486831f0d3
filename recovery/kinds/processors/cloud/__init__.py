"""Asks Google Cloud and the platform's services about dates of processors, and runs them again."""
