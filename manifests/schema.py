"""The JSON Schema of the stored documents, generated from the models.

    python -m manifests.schema

writes `schema.json` beside this module. It is for readers in other languages: Rebound itself reads
with the models, and a test fails when the two drift apart.
"""

import json
from functools import reduce
from inspect import getdoc
from operator import or_
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from manifests.erasures import Erasure
from manifests.model.run import (
    FORMAT_VERSION,
    FailedAttempt,
    FileMark,
    LeaseRecord,
    Manifest,
    Receipt,
    RunStart,
)
from manifests.parts import PARTS
from manifests.signing import Signature

SCHEMA_FILE = Path(__file__).with_name("schema.json")
_MAJOR = FORMAT_VERSION.partition(".")[0]
_RECEIPT: Any = Receipt.__class_getitem__(reduce(or_, (kind.model for kind in PARTS)))
_DOCUMENTS = (
    Manifest,
    RunStart,
    _RECEIPT,
    FileMark,
    FailedAttempt,
    LeaseRecord,
    Signature,
    Erasure,
)


def schema() -> dict[str, Any]:
    """Return the schema: a manifest in its envelope, and every other document as a definition."""
    _, generated = models_json_schema(
        [(document, "validation") for document in _DOCUMENTS], ref_template="#/$defs/{model}"
    )
    definitions = generated["$defs"]
    # It is generic, and would be called after every kind of part.
    receipt = definitions.pop(next(name for name in definitions if name.startswith("Receipt_")))
    definitions["Receipt"] = {**receipt, "title": "Receipt", "description": getdoc(Receipt)}
    manifest = definitions["Manifest"]
    # The models give a new manifest its version; one that is read has to say it.
    manifest["required"] = ["format_version", *manifest["required"]]
    manifest["properties"]["format_version"] = {"type": "string", "pattern": rf"^{_MAJOR}\."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Rebound manifest, format {FORMAT_VERSION}",
        "description": "A manifest in its envelope. The other documents of a run have the same "
        "envelope around the definition of their name.",
        "type": "object",
        "required": ["digest", "document"],
        "additionalProperties": False,
        "properties": {
            "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
            "document": {"$ref": "#/$defs/Manifest"},
            "signature": {"$ref": "#/$defs/Signature"},
        },
        "$defs": definitions,
    }


def schema_text() -> str:
    """Return the schema as it is stored: the same text for the same models."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
