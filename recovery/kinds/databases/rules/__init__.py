"""Decides what happens to Firestore databases. Pure."""
