"""Firestore: completion documents, rebuilt from the history of processors."""
