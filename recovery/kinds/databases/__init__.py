"""Firestore: databases, with their documents."""
