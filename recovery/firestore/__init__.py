"""Firestore documents, whatever they are brought back from: how they are written."""
