"""The examples of FORMAT.md are documents of the format, and show every field of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import manifests
from manifests import claim_layout, kit_layout, layout
from manifests.cloud.expiry import HoldRecord
from manifests.encoding import Encoding, encodings_of
from manifests.kinds.buckets import layout as bucket_layout
from manifests.kinds.databases import layout as database_layout
from manifests.kinds.resources import layout as resource_layout
from manifests.kinds.tables import layout as table_layout
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import (
    FORMAT_VERSION,
    FailedAttempt,
    LeaseRecord,
    Manifest,
    Receipt,
    RunStart,
)
from manifests.store.consistency import check_manifest
from manifests.store.envelope import decode, encode

TEXT = (Path(manifests.__file__).parent / "FORMAT.md").read_text()
KINDS: dict[str, type[BaseModel]] = {
    "Start record": RunStart,
    "Lease": LeaseRecord,
    "Receipt": Receipt[TableBackup],
    "Failed attempt": FailedAttempt,
    "Manifest": Manifest,
    "Hold": HoldRecord,
}


def example(heading: str) -> dict[str, Any]:
    """Return the example below a heading, without its annotations."""
    _, _, section = TEXT.partition(f"\n## {heading}\n")
    found = re.search(r"```jsonc\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    assert found, heading
    document: dict[str, Any] = json.loads(re.sub(r"\s//.*", "", found.group(1)))
    return document


def unshown(model: BaseModel, at: str = "") -> Iterator[str]:
    """Yield the fields of a document that its example leaves out or the model does not know."""
    yield from (f"{at}.{name} is unknown" for name in model.model_extra or {})
    for name in type(model).model_fields:
        if name not in model.model_fields_set:
            yield f"{at}.{name} is not shown"
        value = getattr(model, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel):
                yield from unshown(item, f"{at}.{name}")


def test_every_example_is_tested():
    """No example of the document is left out of the tests below."""
    assert TEXT.count("```jsonc") == len(KINDS)


@pytest.mark.parametrize("heading", KINDS)
def test_example_is_a_document_of_the_format(heading: str):
    """An example is read by the model, shows every field of it, and comes back as it is."""
    kind = KINDS[heading]
    shown = example(heading)
    read = kind.model_validate(shown)
    assert list(unshown(read)) == []
    assert read.model_dump(mode="json") == shown
    assert decode(encode(read), kind, subject=heading) == read


def test_the_example_of_a_manifest_adds_up():
    """The manifest in the document is one a restore would accept."""
    read = Manifest.model_validate(example("Manifest"))
    check_manifest(read)
    assert read.tables[0].encodings == encodings_of(read.tables[0].resource)
    assert read.format_version == FORMAT_VERSION


def test_versions_are_told():
    """The document tells of the version that is written, and lists it in its history."""
    assert f"The format has version {FORMAT_VERSION}." in TEXT
    assert f"\n| {FORMAT_VERSION} |" in TEXT


def test_every_encoding_is_documented():
    """Each encoding has its form and its inverse in the table."""
    _, _, table = TEXT.partition("| `encoding` |")
    cells = [line.split("|")[1] for line in table.partition("\n\n")[0].splitlines()[2:]]
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == set(Encoding.__args__)


def test_the_tree_of_objects_is_that_of_the_layout():
    """The document and the modules that build the names draw the same tree."""
    name = r"(?:(?:runs|holds|leases)/<run>|contents/<)[\w./<> -]*\S"
    drawn = set(re.findall(name, TEXT.partition("## The env")[0]))
    kinds = (bucket_layout, database_layout, resource_layout, table_layout)
    modules = (layout, claim_layout, kit_layout, *kinds)
    built = "\n".join(module.__doc__ or "" for module in modules)
    assert {item for item in drawn if item.split("   ")[0] not in built} == set()
    assert len(drawn) >= 10


def test_the_document_is_short():
    """The format is read in one go."""
    assert len(TEXT.splitlines()) <= 320
