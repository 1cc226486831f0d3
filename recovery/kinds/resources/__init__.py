"""The platform's configuration, brought back."""
