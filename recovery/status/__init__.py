"""Whether the platform could be recovered now, and how old the proof of that is."""
