"""What an auditor asks of the record of a drill, and of what is kept beside it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden

from manifests.records_layout import records_folder
from tests.harness import Rebound


def check_evidence(rebound: Rebound, record: dict[str, Any]) -> None:
    """See that a record names what was written of its recoveries, and each query of rows, by phase."""
    for name, digest in record["evidence"].items():
        content = rebound.landing.blob(name).download_as_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    wanted = {f"recoveries/{item}/report.json" for item in record["recoveries"]}
    assert wanted <= set(record["evidence"])
    if record["begun"]["scenario"] == "bigquery-dataset-loss":
        phases = {item["phase"] for item in record["jobs"]}
        assert {"RESTORING", "PROVING"} <= phases
        assert any("FARM_FINGERPRINT" in item["statement"] for item in record["jobs"])
        client = rebound.bigquery_client
        jobs = {item["job_id"] for item in record["jobs"]}
        there = client.list_jobs(project=record["begun"]["sandbox"], all_users=True)
        assert jobs & {item.job_id for item in there}


OF_THE_RECORD = {
    "1 what": (
        *("drill_id", "begun.scenario", "begun.threat", "begun.criteria.rto_seconds"),
        *("begun.criteria_digest", "begun.scope", "begun.out_of_scope", "begun.catalog_digest"),
    ),
    "2 where": ("begun.exercise", "begun.sandbox", "begun.isolation"),
    "3 who": ("begun.operator", "begun.approver", "signed.verifier"),
    "4 point": ("begun.run_id", "begun.recovery_point", "begun.began_at", "begun.chosen"),
    "5 clock": (
        *("record.phases.name", "record.phases.state", "record.phases.began_at"),
        *("record.phases.ended_at", "record.phases.seconds", "record.jobs.job_id"),
    ),
    "6 objectives": ("record.measured.target", "record.measured.measured", "record.measured.basis"),
    "7 integrity": (
        *("record.parts.label", "record.parts.held", "record.parts.restored"),
        *("record.jobs.phase", "begun.manifest_digest"),
    ),
    "8 controls": ("record.controls.name", "record.controls.is_caught", "record.controls.check"),
    "9 findings": (
        *(
            "record.deviations",
            "findings.what",
            "findings.owner",
            "findings.due",
            "findings.ticket",
        ),
        *("closed.closed_at", "closed.by", "closed.shown_by"),
    ),
    "10 versions": ("begun.rebound_version", "begun.pages", "begun.catalog_digest"),
    "11 evidence": (
        *("record.made", "record.evidence", "record_digest", "trust", "record.keep_until"),
        *("record.next_due_at", "signed.record_digest"),
    ),
}
"""What an auditor asks of the record of a drill, by groups: each has to say something."""


def missing(kept: dict[str, Any]) -> list[str]:
    """Return what of the record says nothing."""
    return [
        f"{group}: {path}"
        for group, paths in OF_THE_RECORD.items()
        for path in paths
        if any(found in (None, "", [], {}) for found in told(kept, path.split(".")))
    ]


def told(value: Any, path: list[str]) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return what a path says, of each thing of a list on its way; one that says nothing is None."""
    if isinstance(value, list):
        return [found for item in value for found in told(item, path)] or [None]
    if not path:
        return [value]
    return told(value.get(path[0]) if isinstance(value, dict) else None, path[1:])


@contextmanager
def holding(rebound: Rebound) -> Iterator[None]:
    """Let the vault hold what is written, as it is deployed."""
    vault = rebound.vault
    vault.default_event_based_hold = True
    vault.patch()
    yield
    vault.default_event_based_hold = False
    vault.patch()


def check_kept(rebound: Rebound, record: dict[str, Any]) -> None:
    """See that nobody takes a record back, also not what deletes what is past its retention; how long is told."""
    ended = datetime.fromisoformat(record["ended_at"])
    assert datetime.fromisoformat(record["keep_until"]) - ended == timedelta(days=1096)
    rebound.run("expire", "--yes")
    rebound.run("prune", "--yes")
    folder = f"{records_folder(rebound.project)}drills/{record['begun']['drill_id']}/"
    blobs = list(rebound.vault.list_blobs(prefix=folder))
    assert {blob.name.removeprefix(folder) for blob in blobs} == {"begun.json", "record.json"}
    for blob in blobs:
        with pytest.raises(Forbidden):
            blob.delete()
        with pytest.raises(Forbidden):
            blob.upload_from_string("{}")


def check_findings(rebound: Rebound, drill_id: str) -> None:
    """Write two findings down and close one: who says that it is mended, and what shows it."""
    words = ("drill", "--finding", drill_id)
    found = ("--what", "slow", "--ticket", "T-1", "--until")
    assert "`--owner`" in rebound.run(*words, *found, "2027-01-31", code=2).stderr
    assert "no day: soon" in rebound.run(*words, *found, "soon", "--owner", "mia", code=2).stderr
    rebound.run(*words, *found, "2027-01-31", "--owner", "mia")
    rebound.run(*words, *found, "2020-01-31", "--owner", "ada")
    assert "`--shown-by`" in rebound.run(*words, "--close", "1", "--by", "ada", code=2).stderr
    mended = ("--by", "ada", "--shown-by", "the next drill")
    assert (
        "no finding 3; there are: 1, 2"
        in rebound.run(*words, "--close", "3", *mended, code=2).stderr
    )
    rebound.run(*words, "--close", "1", *mended)
    assert (
        json.loads(
            rebound.run(*words, "--close", "1", "--by", "eve", "--shown-by", "x", "--json").stdout
        )["by"]
        == "ada"
    )
    history = rebound.run("drill", "--history").stdout
    assert "1 of 2 findings open" in " ".join(history.split())
    assert f"{drill_id} 2  OVERDUE" in history
    assert "ada: the next drill" in history
