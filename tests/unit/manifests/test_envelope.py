import gzip
import hashlib
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import (
    ManifestAlteredError,
    ManifestFormatError,
    ManifestTruncatedError,
)
from manifests.model.run import FailedAttempt, LeaseRecord, Manifest, PartFailure, RunStart
from manifests.store.envelope import decode, encode
from tests.unit.samples import POINT, RUN, manifest

LEASE = LeaseRecord(run_id=RUN, holder="me", term_seconds=120)
WHOLE = encode(manifest())


def canonical(value: object) -> bytes:
    """Return canonical JSON as FORMAT.md describes it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sealed(body: object, **more: object) -> bytes:
    """Return a body in an envelope whose digest is right."""
    digest = f"sha256:{hashlib.sha256(canonical(body)).hexdigest()}"
    return canonical({"digest": digest, "document": body, **more})


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """Yield the path of every value in a document that is no container."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list) and item:
            yield from leaves(item, (*path, key))
        else:
            yield (*path, key)


def changed(value: object) -> object:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x"


def test_a_document_survives():
    """What is encoded is decoded, and encoded again to the same bytes."""
    read = decode(WHOLE, Manifest, subject="m")
    assert read == manifest()
    assert encode(read) == WHOLE


def test_the_digest_is_over_the_canonical_text():
    """Another program can compute the digest from the document alone."""
    envelope = json.loads(WHOLE)
    assert sealed(envelope["document"]) + b"\n" == WHOLE


@given(end=st.integers(0, len(WHOLE) - 2))
def test_a_cut_document_is_truncated(end: int):
    """A document that lost its end, wherever, is told apart from one that was edited."""
    with pytest.raises(ManifestTruncatedError):
        decode(WHOLE[:end], Manifest, subject="m")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xff\xfe",
        WHOLE[:-1] + b"{",
        WHOLE.replace(b"\xc3", b"", 1),
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"digest":' + b"1" * 5000 + b"}",
        b"\x00" * 100,
        sealed({"deep": json.loads("[" * 200 + "]" * 200)}),
        b'{"digest":"","document":"\\ud800"}',
        gzip.compress(WHOLE, mtime=0),
        b'{"digest":NaN,"document":{}}',
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_json_document_is_truncated(content: bytes):
    """Bytes that are no JSON text are one error, whatever the parser makes of them."""
    with pytest.raises(ManifestTruncatedError):
        decode(content, Manifest, subject="m")


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"[" * 63_000_000,
        lambda: b'{"digest":"","document":[' + b"[]," * 3_000_000 + b"[]]}",
        lambda: b'{"digest":"","document":"' + b" " * 40_000_000 + b'"}',
    ],
    ids=["brackets", "values", "text"],
)
def test_what_would_take_too_much_memory_is_not_parsed(make: Callable[[], bytes]):
    """Neither many bytes nor many values of few bytes become objects."""
    content = make()
    tracemalloc.start()
    try:
        with pytest.raises(ManifestFormatError, match="larger than any document of ours"):
            decode(content, Manifest, subject="m")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2**20


def test_what_could_not_be_read_is_not_written():
    """A document is as small when it is written as it has to be when it is read."""
    failure = PartFailure(part="x" * 40_000_000, message="", retryable=False)
    with pytest.raises(ManifestFormatError, match="larger than any document of ours"):
        encode(FailedAttempt(run_id=RUN, attempted_at=POINT, failures=(failure,)))
    half = PartFailure(part="\ud800", message="", retryable=False)
    with pytest.raises(ManifestFormatError, match="cannot be written"):
        encode(FailedAttempt.model_construct(run_id=RUN, attempted_at=POINT, failures=(half,)))


@pytest.mark.parametrize(
    "instant", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "99999-01-01T00:00Z"]
)
def test_an_instant_outside_of_time_is_a_format_error(instant: str):
    """A year that UTC does not have is refused where it is read."""
    body = {"run_id": RUN, "attempted_at": instant, "failures": []}
    with pytest.raises(ManifestFormatError, match="attempted_at"):
        decode(sealed(body), FailedAttempt, subject="a")


def test_every_field_is_covered_by_the_digest():
    """A change of any single value anywhere in a manifest is noticed."""
    envelope = json.loads(WHOLE)
    paths = list(leaves(envelope["document"]))
    assert len(paths) > 150
    for path in paths:
        spoilt = json.loads(WHOLE)
        holder = spoilt["document"]
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = changed(holder[path[-1]])
        with pytest.raises(ManifestAlteredError):
            decode(canonical(spoilt), Manifest, subject="m")


def test_a_removed_or_added_field_is_noticed():
    """The digest covers which fields there are."""
    for edit in (lambda body: body.pop("skews"), lambda body: body.update(more=1)):
        spoilt = json.loads(WHOLE)
        edit(spoilt["document"])
        with pytest.raises(ManifestAlteredError):
            decode(canonical(spoilt), Manifest, subject="m")


def test_a_wrong_digest_is_noticed():
    """A right document under another digest is refused."""
    envelope = json.loads(WHOLE)
    for digest in ("sha256:" + "0" * 64, "", None, envelope["digest"].upper()):
        with pytest.raises(ManifestAlteredError):
            decode(canonical(envelope | {"digest": digest}), Manifest, subject="m")


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"null",
        b'"digest"',
        canonical(json.loads(WHOLE)["document"]),
        canonical({"digest": "x"}),
        sealed({}, more="y"),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_envelope_is_no_document_of_ours(content: bytes):
    """An envelope has its two keys, perhaps a signature, and nothing else."""
    with pytest.raises(ManifestFormatError, match="not a document of ours"):
        decode(content, Manifest, subject="m")


@pytest.mark.parametrize("version", ["2.0", "0.9", "10.0", "", "v1", "one", 2, None])
def test_another_major_version_is_refused(version: object):
    """Only format 1 is read, and a manifest that does not say its format is not guessed at."""
    body = json.loads(WHOLE)["document"] | {"format_version": version}
    with pytest.raises(ManifestFormatError, match="is not one this version reads") as caught:
        decode(sealed(body), Manifest, subject="m")
    assert "install" in caught.value.hint


def test_a_manifest_without_its_version_is_refused():
    """The format's version is never taken for granted."""
    body = json.loads(WHOLE)["document"]
    del body["format_version"]
    with pytest.raises(ManifestFormatError, match="format unknown"):
        decode(sealed(body), Manifest, subject="m")


def test_another_minor_version_is_read():
    """A later minor version of format 1 is read."""
    body = json.loads(WHOLE)["document"] | {"format_version": "1.7"}
    assert decode(sealed(body), Manifest, subject="m").format_version == "1.7"


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("recovery_point", "2026-11-24T08:01:30Z", "recovery_point"),
        ("recovery_point", "2026-11-24T08:01:00", "recovery_point"),
        ("recovery_point", "yesterday", "recovery_point"),
        ("tables", [{}], "tables.0"),
        ("tables", None, "tables"),
        ("run_id", 7, "run_id"),
    ],
)
def test_a_document_that_does_not_fit_says_where(field: str, value: object, where: str):
    """A whole and unaltered document of another shape is a format error about one field."""
    body = json.loads(WHOLE)["document"] | {field: value}
    with pytest.raises(ManifestFormatError) as caught:
        decode(sealed(body), Manifest, subject="m")
    assert caught.value.message.startswith(where)
    assert caught.value.subject == "m"


def test_another_kind_of_document_does_not_fit():
    """A lease is no start record."""
    with pytest.raises(ManifestFormatError):
        decode(encode(LEASE), RunStart, subject="m")


@given(
    extra=st.dictionaries(
        st.text(min_size=1).map(lambda key: f"later_{key}"),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda children: st.lists(children) | st.dictionaries(st.text(), children),
            max_leaves=5,
        ),
        max_size=3,
    )
)
def test_unknown_fields_survive(extra: dict[str, object]):
    """Fields that a later minor version adds come out as they came in, byte for byte."""
    body = json.loads(encode(LEASE))["document"] | extra
    assert encode(decode(sealed(body), LeaseRecord, subject="l")) == sealed(body) + b"\n"


def test_times_are_stored_in_utc():
    """An instant is stored in UTC with a Z, whatever zone it came in."""
    moment = datetime.fromisoformat("2026-11-24T01:01:00-07:00")
    attempt = FailedAttempt(run_id=RUN, attempted_at=moment, failures=())
    assert attempt.attempted_at == datetime(2026, 11, 24, 8, 1, tzinfo=UTC)
    assert json.loads(encode(attempt))["document"]["attempted_at"] == "2026-11-24T08:01:00Z"
