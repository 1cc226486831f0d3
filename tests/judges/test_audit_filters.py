"""Every field that a filter of audit logs names is one of Google's audit log, or of a log entry."""

import re

import pytest

from recovery.ops.security.filters import log_filters
from tests.standin.discovery.documents import document

_PATH = re.compile(r"\b((?:protoPayload|httpRequest|resource)(?:\.\w+)+|logName)\b(?=[=:>])")
_FILTERS = log_filters("p", "rebound-restore@p.iam.gserviceaccount.com")


def is_field(api: str, schema: str, path: list[str]) -> bool:
    """Whether a path of fields leads through the schemas of a discovery document."""
    schemas = document(api)["schemas"]
    for name in path:
        field = schemas[schema]["properties"].get(name)
        if field is None:
            return False
        schema = field.get("$ref", field.get("items", {}).get("$ref", ""))
    return True


def is_known(path: str) -> bool:
    """Whether a path is a field of a log entry; what is below `protoPayload` of an audit log."""
    first, *rest = path.split(".")
    if first == "protoPayload":
        return is_field("servicecontrol.v1", "AuditLog", rest)
    return is_field("logging.v2", "LogEntry", [first, *rest])


@pytest.mark.parametrize("name", _FILTERS)
def test_fields_are_those_of_google(name: str):
    """Google Service Control v1, AuditLog; Cloud Logging v2, LogEntry."""
    paths = _PATH.findall(_FILTERS[name])
    assert len(paths) >= 2
    assert [path for path in paths if not is_known(path)] == []
    assert len(_FILTERS[name]) < 20_000


@pytest.mark.parametrize("path", ["protoPayload.principalEmail", "protoPayload.status.number", "request.status"])  # fmt: skip
def test_other_fields_are_found_out(path: str):
    """A name that nobody logs would pass nothing, and find nothing, for ever."""
    first, *rest = path.split(".")
    assert not (
        is_known(path)
        if first == "protoPayload"
        else is_field("logging.v2", "LogEntry", [first, *rest])
    )
