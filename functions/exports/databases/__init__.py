"""Backs up databases of Firestore."""
