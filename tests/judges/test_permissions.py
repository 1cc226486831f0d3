"""Each side may do what it does and nothing else: the table of calls that its roles are made of."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import grimp

from manifests.catalog_writers import WriterType
from tests.deployed import ROOT
from tests.standin.discovery.documents import methods

TABLE: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(
    (ROOT / "manifests" / "permissions.json").read_text()
)
ENTRY = {"backup": "functions.main", "restore": "recovery.cli", "expiry": "recovery.cli"}
READING = re.compile(
    r".*\.(get|list|getData|getIamPolicy|getMetadata|overrideTimeTravelRestrictions)"
)
JUDGED = 30
"""So many calls of the table, at least, are ones of which Google's document tells permissions."""


def rows() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each call with its side and what it is about."""
    for side, scopes in TABLE.items():
        for on, calls in scopes.items():
            for row in calls:
                yield side, on, row


def method_of(row: dict[str, Any]) -> str:
    """Return the method of a call, which a note on its purpose follows."""
    method: str = row["call"].partition(":")[0]
    return method


def granted(side: str, on: str) -> set[str]:
    """Return the permissions that a side's role has on something."""
    return {need for row in TABLE[side][on] if "withheld" not in row for need in row["needs"]}


def test_code_that_makes_a_call_is_there_and_is_that_sides():
    """The code that a call names is in a module that its side imports."""
    graph = grimp.build_graph("functions", "recovery", "manifests", cache_dir=None)
    for side, on, row in rows():
        if "code" not in row:
            continue
        path, _, needle = row["code"].partition(": ")
        assert needle in (ROOT / path).read_text(), (side, on, row)
        module = path.removesuffix(".py").replace("/", ".")
        entry = ENTRY[side]
        assert module in graph.find_upstream_modules(entry), (side, on, row)


def test_every_writer_can_be_paused():
    """Who recovers may pause each type of writers, and resume it."""
    types = {method_of(row) for _, _, row in rows() if "/" in method_of(row)}
    assert types == set(get_args(WriterType.__value__))


def test_permissions_are_those_that_google_names():
    """What a BigQuery method takes is what its discovery document says it takes."""
    documents = methods("bigquery.v2")
    judged = 0
    for side, on, row in rows():
        item = documents.get(row["call"])
        _, heading, text = item.description.partition("# IAM Permissions") if item else ("", "", "")
        # Of jobs it tells what is needed for those of others, too.
        if heading and not row["call"].startswith("bigquery.jobs."):
            judged += 1
            expected = set(re.findall(r"`(bigquery\.[\w.]+)`", text))
            assert set(row["needs"]) == expected, (side, on, row["call"])
    assert judged >= JUDGED


def test_the_backup_only_adds_to_the_vault_and_only_reads_the_platform():
    """No role of the backup deletes or overwrites in the vault, or writes what is protected."""
    assert granted("backup", "vault") == {
        "storage.objects.create",
        "storage.objects.get",
        "storage.objects.list",
    }
    for on in ("datasets", "buckets"):
        assert all(READING.fullmatch(each) for each in granted("backup", on))
    others = {each for each in granted("backup", "project") if not READING.fullmatch(each)}
    assert others == {"bigquery.jobs.create", "serviceusage.services.use"}


def test_only_expiry_deletes_in_the_vault():
    """The operator who restores reads the vault, and can do nothing else to it."""
    assert granted("restore", "vault") == {"storage.objects.get", "storage.objects.list"}
    assert "storage.objects.delete" in granted("expiry", "vault")


def test_every_call_names_its_source():
    """Each row says where its permissions are written down; each that is withheld says why."""
    for side, on, row in rows():
        assert row["source"], (side, on, row)
        assert row["needs"], (side, on, row)
        assert row.keys() <= {"call", "needs", "source", "code", "withheld"}
        assert len(row.get("withheld", "a reason")) > 5
    assert Path(ROOT / "manifests" / "permissions.json").read_text().isascii()
