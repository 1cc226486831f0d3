"""Looks at Firestore databases, and writes them."""
