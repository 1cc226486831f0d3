"""Databases of Firestore, as a run stores them."""
