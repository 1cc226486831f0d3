"""Seeding Firestore: the orchestration state of the platform."""


def seed_firestore(project: str, scale: float) -> None:
    """Fill Firestore with the phases' completion documents."""
