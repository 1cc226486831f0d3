"""What some version stored once is read for ever: the files are never written again."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from manifests.encoding import encodings_of
from manifests.errors import ManifestFormatError
from manifests.model.run import Manifest
from manifests.parts import PARTS
from manifests.schema import SCHEMA_FILE, schema_text
from manifests.signing import TrustedKeys
from manifests.store.consistency import check_manifest
from manifests.store.envelope import decode, encode, opened
from tests.unit.samples import manifest

FOLDER = Path(__file__).parents[2] / "data" / "manifests"
READABLE = sorted(FOLDER.glob("1.*.json"))
SCHEMA = json.loads(SCHEMA_FILE.read_text())
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def only_known(value: Any, known: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without the keys that the other one lacks, at every level."""
    if isinstance(value, dict):
        return {key: only_known(item, known[key]) for key, item in value.items() if key in known}
    if isinstance(value, list):
        return [only_known(*pair) for pair in zip(value, known, strict=True)]
    return value


def golden(path: Path) -> Manifest:
    """Return the manifest of a file."""
    return decode(path.read_bytes(), Manifest, subject=path.name)


def mismatches(value: Any, rule: dict[str, Any], at: str = "$") -> list[str]:  # noqa: ANN401 - JSON
    """Return where a value breaks a JSON Schema; the keywords are those schema.json uses."""
    if "$ref" in rule:
        return mismatches(value, SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]], at)
    if "anyOf" in rule:
        return [] if any(not mismatches(value, each, at) for each in rule["anyOf"]) else [at]
    wrong = "type" in rule and not isinstance(value, TYPES[rule["type"]])
    wrong |= "enum" in rule and value not in rule["enum"]
    wrong |= "pattern" in rule and not re.search(rule["pattern"], str(value))
    wrong |= "const" in rule and value != rule["const"]
    wrong |= "maxLength" in rule and len(value) > rule["maxLength"]
    wrong |= "minimum" in rule and value < rule["minimum"]
    return [at] if wrong else mismatches_inside(value, rule, at)


def mismatches_inside(value: Any, rule: dict[str, Any], at: str) -> list[str]:  # noqa: ANN401 - JSON
    """Return where the members of an array or object break a JSON Schema."""
    found = []
    if isinstance(value, list) and "items" in rule:
        for number, item in enumerate(value):
            found += mismatches(item, rule["items"], f"{at}[{number}]")
    if isinstance(value, dict):
        known = rule.get("properties", {})
        found += [f"{at}.{key}" for key in rule.get("required", ()) if key not in value]
        if rule.get("additionalProperties") is False:
            found += [f"{at}.{key}" for key in value if key not in known]
        for key in set(known) & set(value):
            found += mismatches(value[key], known[key], f"{at}.{key}")
    return found


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_golden_manifest_is_read_and_kept(path: Path):
    """A golden manifest is read, agrees with itself, and nothing of it is lost when written."""
    content = path.read_bytes()
    read = decode(content, Manifest, subject=path.name)
    check_manifest(read)
    again = encode(read)
    assert decode(again, Manifest, subject=path.name) == read
    assert encode(decode(again, Manifest, subject=path.name)) == again
    stored = json.loads(content)["document"]
    assert only_known(json.loads(again)["document"], stored) == stored


def test_golden_manifests_are_there():
    """Every readable golden manifest is tested."""
    assert [path.name for path in READABLE] == [
        "1.0-complete.json",
        "1.1-unknown-fields.json",
        "1.2-gaps.json",
        "1.3-every-kind.json",
        "1.4-signed.json",
        "1.5-kit.json",
    ]


def test_a_golden_manifest_names_its_kit():
    """Earlier ones have none."""
    assert [golden(path).kit is not None for path in READABLE] == [False] * 5 + [True]


def test_golden_manifest_says_what_it_said():
    """The first golden manifest still means what it was made to mean."""
    read = decode(READABLE[0].read_bytes(), Manifest, subject="golden")
    tables = [item.model_copy(update={"fingerprint_version": 1}) for item in manifest().tables]
    assert read == manifest(format_version="1.0", tables=tuple(tables))
    games = read.tables[0]
    assert games.encodings == encodings_of(games.resource)
    assert [export.run_id for export in games.exports] == [
        "nightly-20261123T080000Z",
        "nightly-20261124T080000Z",
    ]


def test_skews_say_what_they_are_about():
    """In words alone before format 1.3, in fields since then: both are told apart alike."""
    about = {
        path.name[:3]: [(item.kind, item.name) for item in golden(path).skews] for path in READABLE
    }
    assert about["1.0"] == [("tables", "nba")]
    bucket = ("buckets", "scraped-files")
    assert about["1.2"] == [("tables", "nba"), bucket, bucket, ("databases", "(default)")]
    assert about["1.3"] == [("tables", "nba"), bucket, ("databases", "(default)")]
    assert about["1.5"] == about["1.4"] == about["1.3"]


def test_what_a_run_does_not_hold_is_read():
    """Since format 1.2 it is counted and named, and since 1.4 images and services are."""
    gaps = golden(FOLDER / "1.2-gaps.json")
    (bucket,), (database,) = gaps.buckets, gaps.databases
    assert (bucket.not_copied, bucket.gone_names, bucket.changed_later) == (1, ("b",), 1)
    assert (database.uncounted, database.index_settings is None) == (1, False)
    assert [item.part for item in gaps.lacking] == ["nba.odds"]
    assert [(item.kind, item.count) for item in gaps.unprotected] == [
        ("bucket", 2),
        ("database", 0),
    ]
    assert gaps.datasets[0].unprotected == ("scratch",)
    assert [table.definition for table in gaps.tables] == ["own", "own", "earlier run"]
    (topics,) = golden(FOLDER / "1.4-signed.json").resources
    assert (topics.not_held, len(topics.gone_images)) == (("values of secrets",), 1)


def test_a_signature_is_checked_for_ever():
    """A signed run is believed by who trusts the key of then, and by nobody else."""
    found = opened((FOLDER / "1.4-signed.json").read_bytes(), subject="golden")
    keys = TrustedKeys((FOLDER / "1.4-signed.pem").read_text())
    assert keys.trust(found.digest, found.signature).state == "trusted"
    assert keys.trust(f"sha256:{'0' * 64}", found.signature).state == "untrusted"
    unsigned = opened((FOLDER / "1.2-gaps.json").read_bytes(), subject="golden")
    assert keys.trust(unsigned.digest, unsigned.signature).state == "untrusted"


def test_a_golden_manifest_has_a_part_of_every_kind():
    """A kind that comes later is in the golden manifest of its own version."""
    last = decode(READABLE[-1].read_bytes(), Manifest, subject="golden")
    held = {kind.name: sum(part.count for part in last.parts(kind)) for kind in PARTS}
    assert all(held.values()), held


def test_unknown_fields_survive_at_every_level():
    """Fields of a later minor version come back byte for byte."""
    content = READABLE[1].read_bytes()
    read = decode(content, Manifest, subject="golden")
    assert content.count(b"later_text") > 15
    assert encode(read).count(b'"later_text":"sp\xc3\xa4ter \xe2\x98\x82"') == content.count(
        b"later_text"
    )
    assert read.tables[0].fingerprint == manifest().tables[0].fingerprint
    assert read.model_extra is not None
    assert read.model_extra["services"] == [{"image_digest": "sha256:00", "name": "phase3"}]


def test_another_major_version_is_refused():
    """A manifest of format 2 is refused by its version, whatever it holds."""
    content = (FOLDER / "2.0-unknown-version.json").read_bytes()
    with pytest.raises(ManifestFormatError, match=r"format 2\.0 is not one"):
        decode(content, Manifest, subject="golden")


def test_schema_is_that_of_the_models():
    """`python -m manifests.schema` would change nothing."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_golden_manifest_fits_the_schema(path: Path):
    """The published schema accepts what was stored."""
    assert mismatches(json.loads(path.read_text()), SCHEMA) == []


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda m: m.pop("digest"), "$.digest"),
        (lambda m: m.update(more=1), "$.more"),
        (lambda m: m.update(digest="md5:0"), "$.digest"),
        (lambda m: m["document"].pop("format_version"), "$.document.format_version"),
        (lambda m: m["document"].update(format_version="2.0"), "$.document.format_version"),
        (lambda m: m["document"]["tables"][0].update(table_id=7), "$.document.tables[0].table_id"),
        (
            lambda m: m["document"]["tables"][0]["encodings"][0].update(encoding="rot13"),
            "$.document.tables[0].encodings[0].encoding",
        ),
        (
            lambda m: m["document"]["tables"][0]["fingerprint"].update(row_count=-1),
            "$.document.tables[0].fingerprint.row_count",
        ),
    ],
)
def test_the_schema_refuses(spoil: Any, where: str):  # noqa: ANN401 - an edit of JSON
    """The schema says what is wrong with a manifest that does not fit."""
    document = json.loads(READABLE[0].read_text())
    spoil(document)
    assert mismatches(document, SCHEMA) == [where]


def test_schema_uses_no_keyword_the_test_does_not_know():
    """The small validator above would not notice a keyword it does not know."""
    known = {"$ref", "anyOf", "type", "enum", "pattern", "minimum", "items", "properties"}
    known |= {
        "const",
        "required",
        "additionalProperties",
        "title",
        "description",
        "default",
        "format",
        "maxLength",
    }

    def check(rule: dict[str, Any]) -> None:
        assert set(rule) <= known
        for each in (*rule.get("anyOf", ()), *rule.get("properties", {}).values()):
            check(each)
        if "items" in rule:
            check(rule["items"])

    check({key: SCHEMA[key] for key in SCHEMA if not key.startswith("$")})
    for definition in SCHEMA["$defs"].values():
        check(definition)
