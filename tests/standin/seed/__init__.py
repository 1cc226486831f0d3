"""A deterministic platform to back up: the same scale always gives the same content.

Each function fills one service through Google's own client, or session, which the environment points
at it.
"""

from tests.standin.seed.configuration import seed_control_plane
from tests.standin.seed.objects import seed_storage
from tests.standin.seed.states import seed_firestore
from tests.standin.seed.warehouse import seed_bigquery

__all__ = ["seed_bigquery", "seed_control_plane", "seed_firestore", "seed_storage"]
