"""Looks at the platform's configuration in Google Cloud, and makes it again."""
