"""Ten thousand random documents, backed up, lost and restored in one run."""

import math
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from google.cloud.firestore_v1 import types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import Rebound
from tests.integration.orchestration import State, raw, write_catalog
from tests.served import serving

DOCUMENTS = 10_000
_DRAWN = 1_600  # whose fields are put together by twos: to draw them all takes longer than the rest
_AT_ONCE = 50
_VALUE: Any = types.Value.pb()
RESERVED = re.compile(r"__.*__", re.DOTALL)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ID = TEXT.filter(
    lambda text: text not in ("", ".", "..") and "/" not in text and not RESERVED.fullmatch(text)
)
NAME = TEXT.filter(lambda text: text != "" and not RESERVED.fullmatch(text))
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False).map(lambda number: number or 0.0),  # no sign of a zero is kept
    st.just(math.nan),  # nor what else a NaN carries
    TEXT,
    st.binary(max_size=5),
    st.builds(
        lambda seconds, micros: _VALUE(
            timestamp_value={"seconds": seconds, "nanos": micros * 1000}
        ),
        st.integers(-62_135_596_800, 253_402_300_799),
        st.integers(0, 999_999),
    ),
    st.builds(
        lambda latitude, longitude: _VALUE(
            geo_point_value={"latitude": latitude, "longitude": longitude}
        ),
        st.floats(-90, 90),
        st.floats(-180, 180),
    ),
    st.builds(
        lambda project, document: _VALUE(
            reference_value=f"projects/{project}/databases/(default)/documents/c/{document}"
        ),
        st.sampled_from(["own", "somebody-else"]),
        st.sampled_from(["a", "ü"]),
    ),
)
VECTOR = st.lists(
    st.floats(allow_nan=False).map(lambda number: number or 0.0), min_size=1, max_size=4
).map(lambda numbers: {"__type__": "__vector__", "value": numbers})
MAP = st.recursive(
    st.dictionaries(NAME, st.one_of(SCALAR, VECTOR), max_size=3),
    lambda maps: st.dictionaries(
        NAME, st.one_of(maps, st.lists(st.one_of(SCALAR, maps), max_size=3)), max_size=3
    ),
    max_leaves=3,
)
BRANCH = st.sampled_from(["", "missing/parent/", "games/1/"])


@cache
def random_documents() -> dict[str, dict[str, Any]]:
    """Return that many documents, no two at one path and no two of the same two draws; made once."""
    drawn: list[tuple[str, str, dict[str, Any]]] = []

    @settings(max_examples=_DRAWN // _AT_ONCE, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(BRANCH, ID, MAP), min_size=_AT_ONCE, max_size=_AT_ONCE))
    def collect(batch: list[tuple[str, str, dict[str, Any]]]) -> None:
        drawn.extend(batch)

    collect()
    made: dict[str, dict[str, Any]] = {}
    for number in range(DOCUMENTS):
        turn, at = divmod(number, len(drawn))
        branch, document_id, fields = drawn[at]
        more = drawn[at - turn][2] if turn else {}
        made[f"{branch}random/{number}-{document_id}"] = {**more, **fields}
    return made


def test_ten_thousand_random_documents(new_rebound: Callable[..., Rebound], tmp_path: Path):
    """Whatever a document holds, it comes back the same to the last bit."""
    rebound = new_rebound(REBOUND_CATALOG=write_catalog(tmp_path))
    state, documents = State(rebound), random_documents()
    assert len(documents) == DOCUMENTS
    with rebound.cloud.minutes_ago(3):
        state.write(documents)
    before = state.content()
    expected = {path: state.message(path, fields) for path, fields in documents.items()}
    for message in expected.values():
        message.ClearField("name")
    assert before == {
        path: message.SerializeToString(deterministic=True) for path, message in expected.items()
    }
    with serving(rebound) as function:
        function.complete("night")
    paths = list(before)
    for start in range(0, len(paths), 400):
        state.delete(*paths[start : start + 400])
    assert not state.content()
    told = rebound.json("recover", "firestore-state-loss", "--yes", "--unthrottled")
    (outcome,) = told["outcomes"]
    assert outcome["equal"] == DOCUMENTS
    assert state.content() == before


def test_plain_values_are_what_they_seem():
    """The messages the test writes are those it means to."""
    assert raw(2**63 - 1).integer_value == 2**63 - 1
    assert raw(3.0).WhichOneof("value_type") == "double_value"
    assert raw(None).WhichOneof("value_type") == "null_value"
