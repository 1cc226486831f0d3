"""The grant for an emergency: to whoever recovers, with an end."""
