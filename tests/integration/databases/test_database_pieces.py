"""A database is read whole in the pieces that are cut when no name in it is known."""

from itertools import pairwise

from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.cutting import finer_cuts
from manifests.names import EVERYTHING, NameRange
from tests.harness import Rebound


def test_pieces_hold_what_the_range_holds(rebound: Rebound):
    """Firestore takes every cut as the place it is, piece in piece down to a few documents."""
    documents = Documents(Connection(rebound.project, "(default)"))
    names, steps = EVERYTHING, 0
    while (whole := list(documents.read(names))) and (cuts := finer_cuts(names)) and steps < 6:
        places = [names.start, *cuts, names.end]
        parts = [NameRange(start, end) for start, end in pairwise(places)]
        found = [list(documents.read(part)) for part in parts]
        assert [record for records in found for record in records] == whole
        names = parts[max(range(len(parts)), key=lambda number: len(found[number]))]
        steps += 1
    assert steps >= 3
