"""Rules that turn what was read into findings of health. Pure."""
