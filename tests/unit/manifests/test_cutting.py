"""Where a range of names is cut when no name in it is known."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from manifests.cutting import finer_cuts
from manifests.names import EVERYTHING, NameRange, Position, only
from tests.unit.manifests.test_documents import DOCUMENTS, RANGES

IDS = st.one_of(
    st.text(
        st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=9
    ),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: f"__id{number}__"),
).filter(lambda text: text not in {".", ".."})
AWKWARD = st.lists(
    st.tuples(st.sampled_from(["many", "ü"]), IDS).map("/".join), min_size=1, max_size=2
)
PATHS = st.one_of(DOCUMENTS, AWKWARD.map("/".join))


def pieces(names: NameRange) -> list[NameRange]:
    """Return what a range is cut into."""
    places = [names.start, *finer_cuts(names), names.end]
    return [NameRange(start, end) for start, end in itertools.pairwise(places)]


@given(names=RANGES, path=DOCUMENTS)
def test_pieces_hold_each_document_once(names: NameRange, path: str):
    """The pieces of a range lie in order and hold exactly what it holds."""
    parts = pieces(names)
    assert all(part.start.key < part.end.key for part in parts if part.start and part.end)
    assert sum(part.holds(path) for part in parts) == names.holds(path)


@given(path=PATHS)
def test_cuts_come_to_one_document(path: str):
    """Cut again and again, the piece with a document holds it alone, after a step a character."""
    names, steps = EVERYTHING, 0
    while finer_cuts(names) and steps <= 8 * len(path):
        (names,) = [part for part in pieces(names) if part.holds(path)]
        steps += 1
    assert names == only(path)
    assert steps <= 8 * len(path)


def test_what_ids_begin_with_differs_in_one_step():
    """Ids as Firestore makes them are apart after the first cut inside their collection."""
    names = NameRange(Position("games/0"), Position("games/zz"))
    starts = [cut.path for cut in finer_cuts(names)]
    assert {"games/A", "games/Z", "games/a", "games/z"} < set(starts)
    assert all(len(path) == len("games/A") for path in starts)
