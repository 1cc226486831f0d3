"""What an operator asks the platform itself: monitoring queries."""
