"""Which version was live at an instant, and what tells versions apart."""

from copy import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import CloudError
from manifests.kinds.buckets.model import ObjectSettings
from manifests.versions import (
    by_name,
    few,
    live_at,
    needs_new_content,
    same_content,
    settings_patch,
    settings_resource,
    turns_back,
    version_of,
    was_live,
)
from tests.unit.object_samples import POINT, version

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("created", "ended", "was_live"),
    [
        (-1, None, True),
        (0, None, True),
        (1, None, False),
        (-1, 1, True),
        (-1, 0, False),
        (-2, -1, False),
        (1, 2, False),
    ],
)
def test_version_is_live_between_its_times(created: float, ended: float | None, *, was_live: bool):
    """A version is live from when it was made, until before it ended."""
    one = version(created=created, ended=ended)
    assert live_at([one], POINT) == (one if was_live else None)


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=8, unique=True), st.floats(-60, 60))
def test_history_of_overwrites(times: list[float], at: float):
    """Of versions that follow each other, the last one made by an instant is the live one."""
    ordered = sorted(times)
    ends: list[float | None] = [*ordered[1:], None]
    history = [
        version(created=begun, ended=ended) for begun, ended in zip(ordered, ends, strict=True)
    ]
    moment = version(created=at).created_at
    made = [item for item in history if item.created_at <= moment]
    assert live_at(history, moment) == (made[-1] if made else None)


def test_two_live_versions_are_not_believed():
    """Of one name at most one version is live; a listing that says otherwise proves nothing."""
    with pytest.raises(CloudError, match="two versions of it are live"):
        live_at([version(created=-2), version(created=-1)], POINT)


def resource(**more: object) -> dict[str, object]:
    """Return an object resource as the JSON API gives it."""
    return {
        "name": "a",
        "generation": "7",
        "metageneration": "2",
        "size": "3",
        "crc32c": "AAAAAA==",
        "timeCreated": "2026-11-24T07:00:00.000Z",
        "updated": "2026-11-24T07:30:00.000Z",
        **more,
    }


def test_versions_are_read_from_resources():
    """The state and the end of a version follow from its times and its listing."""
    live = version_of(resource(storageClass="NEARLINE"))
    assert (live.state, live.ended_at, live.storage_class) == ("live", None, "NEARLINE")
    assert (live.generation, live.metageneration, live.size_bytes) == (7, 2, 3)
    assert (live.created_at, live.updated_at) == (POINT - HOUR, POINT - HOUR / 2)
    noncurrent = version_of(resource(timeDeleted="2026-11-24T08:00:00Z"))
    assert (noncurrent.state, noncurrent.ended_at) == ("noncurrent", POINT)
    twice = {"timeDeleted": "2026-11-24T08:00:00Z", "softDeleteTime": "2026-11-24T09:00:00Z"}
    soft = version_of(resource(**twice), soft_deleted=True)
    assert (soft.state, soft.ended_at) == ("soft-deleted", POINT)


def test_composite_is_compared_without_md5():
    """An MD5 that only one side has does not make contents differ; one that both have does."""
    one = version()
    assert same_content(one, replace(one, md5=None))
    assert not same_content(one, replace(one, md5="AAAAAAAAAAAAAAAAAAAAAA=="))
    assert not same_content(one, replace(one, size_bytes=1))
    assert not same_content(one, replace(one, crc32c="AAAAAA=="))
    assert not same_content(replace(one, crc32c=""), replace(one, crc32c=""))


texts = st.none() | st.text(max_size=5)
settings = st.builds(
    ObjectSettings,
    content_type=texts,
    content_encoding=texts,
    content_disposition=texts,
    content_language=texts,
    cache_control=texts,
    metadata=st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=3), max_size=3),
    custom_time=st.none() | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    temporary_hold=st.booleans(),
    event_based_hold=st.booleans(),
    contexts=st.dictionaries(st.text(min_size=1, max_size=3), st.text(max_size=3), max_size=3),
    kms_key=st.none(),
    retention=st.none(),
)


def patched(present: ObjectSettings, patch: dict[str, object]) -> ObjectSettings:
    """Return what the JSON API makes of settings and a patch."""
    merged = settings_resource(present)
    metadata = dict(present.metadata) | dict(patch.get("metadata", {}))
    merged |= patch
    merged["metadata"] = {key: value for key, value in metadata.items() if value is not None}
    changed = dict(patch.get("contexts", {})).get("custom", {})
    contexts = {key: {"value": value} for key, value in present.contexts.items()} | changed
    merged["contexts"] = {
        "custom": {key: value for key, value in contexts.items() if value is not None}
    }
    given_ = {key: value for key, value in merged.items() if value is not None}
    return version_of(resource(**given_)).settings


def given_time(custom_time: str | None) -> ObjectSettings:
    """Return settings that have nothing but a custom time."""
    return ObjectSettings(custom_time=custom_time)


@given(settings, settings)
def test_patch_makes_settings_equal(wanted: ObjectSettings, present: ObjectSettings):
    """A patch turns any settings into any others, and is empty exactly when they are equal."""
    patch = settings_patch(wanted, present)
    assert not settings_patch(wanted, patched(present, patch))
    assert bool(patch) == (wanted != present)


@pytest.mark.parametrize(
    ("wanted", "present", "back"),
    [
        (None, None, False),
        ("2020-01-01T00:00:00Z", None, False),
        (None, "2020-01-01T00:00:00Z", True),
        ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", True),
        ("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z", False),
        ("2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", False),
    ],
)
def test_custom_time_never_turns_back(wanted: str | None, present: str | None, *, back: bool):
    """What only new content can undo is told apart from what a patch can."""
    assert turns_back(given_time(wanted), given_time(present)) is back


def test_one_instant_in_two_spellings_is_no_difference():
    """A custom time is compared as an instant."""
    for other in ("2026-11-24T08:00:00.000Z", "2026-11-24T09:00:00+01:00"):
        assert not settings_patch(given_time("2026-11-24T08:00:00Z"), given_time(other))


@given(st.lists(st.text(min_size=1, max_size=3)), st.lists(st.text(min_size=1, max_size=3)))
def test_listings_are_joined_by_name(one: list[str], other: list[str]):
    """Every version of every listing comes once, together with the others of its name."""
    listings = [[version(name) for name in sorted(names)] for names in (one, other)]
    joined = [(name, len(list(versions))) for name, versions in by_name(*listings)]
    both = one + other
    assert joined == [(name, both.count(name)) for name in sorted(set(both))]


@pytest.mark.parametrize(
    "spoilt", [{"generation": None}, {"timeCreated": "yesterday"}, {"metadata": 7, "size": "x"}]
)
def test_malformed_resource_is_the_clouds_fault(spoilt: dict[str, object]):
    """What is no object resource ends as an error about the cloud, and not as a bug."""
    with pytest.raises(CloudError, match="no whole object resource"):
        version_of(resource(**spoilt))


def test_few_versions_count():
    """Of a name that is written all the time, what was live then is kept, and some of the others."""
    history = [version(created=number, ended=number + 1) for number in range(-1000, 1000)]
    live = version(created=1000)
    kept = few(
        [*history, live],
        is_needed=lambda item: was_live(item, POINT),
        can_serve=lambda item: item.state == "noncurrent",
    )
    assert len(kept) == 102
    assert live_at(kept, POINT) == live_at([*history, live], POINT)
    assert live in kept


def test_what_only_new_content_brings_back():
    """A key and a storage class are compared, but for what the bucket decides for itself."""
    plain = version()
    sealed = replace(plain, settings=plain.settings._replace(kms_key="k"))
    assert needs_new_content(sealed, plain)
    assert not needs_new_content(plain, sealed)
    assert needs_new_content(replace(plain, storage_class="COLDLINE"), plain)
    assert not needs_new_content(replace(plain, storage_class=""), plain)


def test_contexts_are_patched():
    """Contexts that changed, came or went are written, and no others."""
    wanted = ObjectSettings(contexts={"kept": "1", "changed": "1", "gone": "1"})
    present = ObjectSettings(contexts={"kept": "1", "changed": "2", "new": "1"})
    assert settings_patch(wanted, present) == {
        "contexts": {"custom": {"changed": {"value": "1"}, "gone": {"value": "1"}, "new": None}}
    }
