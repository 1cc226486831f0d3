"""The checker of a kit tells what is equal from what is not, with nothing but Python."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
from google.cloud.firestore_v1 import types

from functions.kit import check, documents, firestore
from manifests.documents import DocumentRecord, tallied, write_file
from manifests.inventory import ShardWriter
from manifests.kinds.buckets.layout import content_name
from manifests.kinds.buckets.model import ObjectRecord
from manifests.store.envelope import encode
from tests.unit.object_samples import version
from tests.unit.samples import manifest

type Check = Callable[..., subprocess.CompletedProcess[str]]
"""Runs the checker where a manifest is."""


@pytest.fixture
def run(tmp_path: Path) -> Check:
    """Return what runs the checker, as a system's Python does, beside the sample manifest."""
    (tmp_path / "manifest.json").write_bytes(encode(manifest()))

    def checked(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", str(check.__file__), *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return checked


def _written(path: Path, value: object) -> str:
    path.write_text(json.dumps(value))
    return str(path)


@pytest.mark.parametrize(
    "module", [check, documents, firestore], ids=["check", "documents", "firestore"]
)
def test_it_needs_nothing_but_an_old_python(module: Any):  # noqa: ANN401 - a module
    """Only the standard library is imported, and nothing is written that Python 3.9 cannot read."""
    tree = ast.parse(Path(module.__file__).read_text(), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [item.name for item in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def _answer(table: str) -> list[dict[str, str]]:
    (found,) = (item for item in manifest().tables if item.name == table)
    return [
        {"partition_id": name, **{key: str(value) for key, value in part.model_dump().items()}}
        for name, part in found.fingerprints.items()
    ]


def test_rows_that_are_those_of_the_run(run: Check, tmp_path: Path):
    """Fingerprints as `bq` prints them are equal in whatever order; a table without rows has none."""
    answer = _written(tmp_path / "a.json", _answer("nba.games")[::-1])
    assert run("rows", "nba.games", answer).stderr == "6 rows of nba.games: equal\n"
    assert run("rows", "ref.nothing-yet", _written(tmp_path / "b.json", [])).returncode == 0


@pytest.mark.parametrize(
    "damage", ["a row gone", "a row changed", "a partition gone", "another partition"]
)
def test_rows_that_are_not(run: Check, tmp_path: Path, damage: str):
    """Each way to differ ends with 1 and names the partition."""
    told = _answer("nba.games")
    if damage == "a row gone":
        told[0]["row_count"] = str(int(told[0]["row_count"]) - 1)
    elif damage == "a row changed":
        told[0]["xor"] = str(int(told[0]["xor"]) + 1)
    elif damage == "a partition gone":
        told[1:] = told[1:2]
    else:
        told.append({**told[0], "partition_id": "20300101"})
    done = run("rows", "nba.games", _written(tmp_path / "answer.json", told))
    assert done.returncode == 1
    assert "NOT equal, 1 differ" in done.stderr


def test_a_manifest_that_was_changed_is_refused(run: Check, tmp_path: Path):
    """Its digest is held against it before anything is compared with it."""
    path = tmp_path / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"row_count":6', b'"row_count":7'))
    done = run("rows", "nba.games", _written(tmp_path / "a.json", []))
    assert (done.returncode, done.stderr) == (1, "manifest.json is not what its digest says\n")


def test_the_vault_is_compared_with_the_manifest(run: Check, tmp_path: Path):
    """Every object that a table needs has to be there, with its size and checksum."""
    needed = [item for table in manifest().tables for item in table.objects]
    listed = [{"name": i.name, "size": str(i.size_bytes), "crc32c": i.crc32c} for i in needed]
    done = run("stored", _written(tmp_path / "all.json", listed))
    assert done.stderr == f"{len(needed)} objects of the vault: equal\n"
    listed[0]["crc32c"] = "AAAAAA=="
    done = run("stored", _written(tmp_path / "all.json", listed[:-1]))
    assert done.returncode == 1
    assert f"{needed[0].name}: differs" in done.stderr
    assert f"{needed[-1].name}: missing" in done.stderr


def test_what_it_is_not_told_to_do_it_explains(run: Check):
    """Without a word, or with another, it says what it does."""
    for words in ((), ("nothing",)):
        done = run(*words)
        assert (done.returncode, "check.py rows TABLE" in done.stderr) == (2, True)


@pytest.mark.parametrize("content", [b"", b"123456789", bytes(range(256)) * 9])
def test_its_checksum_is_that_of_cloud_storage(content: bytes):
    """It is the CRC-32C that Google's own library computes."""
    own = base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
    assert check.crc32c(content) == own


@pytest.fixture
def at_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return what writes a manifest with some fields where the checker is called from here."""
    monkeypatch.chdir(tmp_path)

    def written(**fields: Any) -> Path:  # noqa: ANN401 - JSON
        text = {"document": fields}
        (tmp_path / "manifest.json").write_bytes(encode(manifest()))
        monkeypatch.setattr(check, "manifest", lambda: text["document"])
        return tmp_path

    return written


def _stored(folder: Path, name: str, content: bytes) -> dict[str, Any]:
    (folder / name).write_bytes(content)
    return {"name": f"runs/r/{name}", "size_bytes": len(content), "crc32c": check.crc32c(content)}


def test_objects_are_copied_by_commands_and_compared(
    at_manifest: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The inventory is read as it was written; what gcloud would misread is told, never written."""
    names = sorted(["$(x) 'y'", "a*b", "folder", "folder/in it", "hash#12", "it", "last/"])
    writer = ShardWriter("0000-000000.avro")
    records = []
    for name in names:
        own = version(name)
        records.append(ObjectRecord(own, content_name("raw", own), 1))
        writer.add(records[-1])
    folder = at_manifest(
        buckets=[
            {"bucket": "raw", "shards": [{"stored": _stored(tmp_path, "s.avro", writer.finish())}]}
        ]
    )
    assert check.main(["copies", "raw", str(folder)]) == 0
    printed = capsys.readouterr()
    assert [line.rpartition("gs://raw/")[2] for line in printed.out.splitlines()] == [
        "$(x) '\"'\"'y'\"'\"''",
        "folder/in it'",
        "it",
    ]
    assert printed.out.splitlines()[-1].startswith("gcloud --quiet storage cp --no-clobber ")
    refused = {line.partition(":")[0] for line in printed.err.splitlines()}
    assert refused == {"a*b", "folder", "hash#12", "last/"}

    listed = [
        {"name": i.version.name, "size": str(i.version.size_bytes), "crc32c": i.version.crc32c}
        for i in records
    ]
    assert check.main(["objects", "raw", str(folder), _written(folder / "l.json", listed)]) == 0
    listed[0]["size"] = "1"
    assert check.main(["objects", "raw", str(folder), _written(folder / "l.json", listed)]) == 1
    assert f"{names[0]}: differs" in capsys.readouterr().err
    (folder / "s.avro").write_bytes((folder / "s.avro").read_bytes()[:-1])
    assert check.main(["copies", "raw", str(folder)]) == 1


FIELDS = {
    "text": {"string_value": "ü"},
    "whole": {"integer_value": -(2**63)},
    "half": {"double_value": 0.5},
    "on": {"boolean_value": True},
    "none": {"null_value": 0},
    "raw": {"bytes_value": b"\x00\xff"},
    "other": {"reference_value": "projects/p/databases/d/documents/a/b"},
    "when": {"timestamp_value": {"seconds": -1, "nanos": 5}},
    "where": {"geo_point_value": {"latitude": 1.5, "longitude": -2.5}},
    "many": {"array_value": {"values": [{"integer_value": 7}, {"map_value": {"fields": {}}}]}},
}


def test_documents_are_compared_and_shown(
    at_manifest: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Their content is measured as a backup does, and shown as the REST API of Firestore does."""
    message = types.Document.pb(types.Document(fields=FIELDS))
    fields = message.SerializeToString(deterministic=True)
    records = [DocumentRecord("states/a", fields, 1, 2), DocumentRecord("states/b", b"", 1, 2)]
    own = tallied(records).fingerprint().model_dump()
    item = {
        "stored": _stored(tmp_path, "d.avro", write_file(records)),
        "fingerprint": own,
        "first_path": "states/a",
    }
    folder = at_manifest(databases=[{"database_id": "d", "files": [item]}])
    assert check.main(["documents", "d", str(folder)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["path"] for line in lines] == ["states/a", "states/b"]
    shown = documents.map_of(base64.b64decode(lines[0]["fields"]), 2)
    assert shown == {
        "text": {"stringValue": "ü"},
        "whole": {"integerValue": str(-(2**63))},
        "half": {"doubleValue": 0.5},
        "on": {"booleanValue": True},
        "none": {"nullValue": None},
        "raw": {"bytesValue": "AP8="},
        "other": {"referenceValue": "projects/p/databases/d/documents/a/b"},
        "when": {"timestampValue": "1969-12-31T23:59:59.000000005Z"},
        "where": {"geoPointValue": {"latitude": 1.5, "longitude": -2.5}},
        "many": {"arrayValue": {"values": [{"integerValue": "7"}, {"mapValue": {"fields": {}}}]}},
    }
    own["xor"] += 1
    assert check.main(["documents", "d", str(folder)]) == 1
    assert "NOT equal" in capsys.readouterr().err
