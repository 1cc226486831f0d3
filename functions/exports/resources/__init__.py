"""The platform's configuration, backed up."""
