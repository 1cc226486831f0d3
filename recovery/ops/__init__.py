"""What an operator asks the platform itself: its health, its security and its readiness."""
