"""The kinds of things that are brought back, and what the engine knows of each."""
