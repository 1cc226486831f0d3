"""Who did what that nobody expected, and whether the backups themselves are safe."""
