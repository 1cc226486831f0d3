"""The Firestore side of a recovery: observing, writing and proving documents."""
