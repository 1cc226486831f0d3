"""Every decoder of what others could have written: how its input is made, and what is done with it.

What is accepted goes on as in the product, to the text that an operator reads and the statements
that are run: nothing but an error of ours may come of it.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any, NamedTuple

from pydantic import BaseModel

from functions.main import run_request
from manifests import coverage, layout, statements
from manifests.catalog import load_catalog
from manifests.documents import DOCUMENT_FILE
from manifests.errors import ManifestFormatError, NoRecoveryPointError, RefusedError, UsageError
from manifests.inventory import SHARD_FILE
from manifests.kinds.tables.kind import TABLES
from manifests.kinds.tables.model import TableBackup
from manifests.model.run import LeaseRecord, Manifest, Owner, Receipt, RunStart
from manifests.references import definitions_of
from manifests.store.claims import Dated, lease_claim
from manifests.store.decoded import Started
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from recovery.compare.buckets import bucket_findings, changed_configuration
from recovery.compare.findings import Finding
from recovery.compare.observed import ObservedTable
from recovery.document import Document
from recovery.journal import Journal
from recovery.kinds.buckets.cloud.creation import first_configuration
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.buckets import SeenBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.databases.rules.documents import plan_database
from recovery.kinds.databases.rules.rows import database_row
from recovery.kinds.decision import Origin
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.kinds.tables.rules.tables import TableStep
from recovery.plan.whole import World, make_plan
from recovery.plan.words import check_plan
from recovery.report.basis import Basis
from recovery.report.conclusion import outcome_error
from recovery.report.ended import report_document
from recovery.report.html import page_of
from recovery.report.planned import plan_document
from recovery.report.runs import manifest_document
from recovery.report.text import text_of
from tests.fuzz import whole
from tests.fuzz.files import (
    DOCUMENTS,
    make_table_file,
    records_maker,
    shard_rows,
    take_documents,
    take_shard,
    take_table_file,
)
from tests.fuzz.lines import (
    PLAN,
    RESOURCE,
    plain_json,
    take_criteria,
    take_plan_file,
    take_resource,
)
from tests.fuzz.records import SAMPLES, record_name, take_record
from tests.fuzz.values import HOSTILE, edited
from tests.unit.drills import CRITERIA
from tests.unit.memory import MemoryBucket
from tests.unit.samples import GAMES, POINT, RUN, games
from tests.unit.worlds import request, world

NOW = datetime(2026, 11, 25, tzinfo=UTC)
START = RunStart(
    run_id=RUN, platform="basketball", recovery_point=POINT, started_at=POINT, base_run_id=None
)
PLANNED = encode(whole.whole_recovery())
OWNER = Owner(platform="basketball", project="platform")


class Target(NamedTuple):
    """One decoder.

    Attributes:
        make: Makes an input, a different one for each state of a generator.
        take: Decodes an input, and does with it what the product does.
    """

    make: Callable[[Random], bytes]
    take: Callable[[bytes], object]


def sealed(body: Any) -> bytes:  # noqa: ANN401 - JSON of any shape
    """Return a body in an envelope whose digest is right."""

    class _Any(BaseModel):
        def model_dump(self, **_: Any) -> Any:  # noqa: ANN401
            return body

    return encode(_Any())


def _json(*documents: BaseModel) -> Callable[[Random], bytes]:
    bodies = [document.model_dump(mode="json") for document in documents]
    return lambda random: json_text(random, edited(random, random.choice(bodies)))


def json_text(random: Random, body: Any) -> bytes:  # noqa: ANN401 - JSON of any shape
    """Return an envelope, a few times one that is cut, or holds half a character."""
    content = sealed(body)
    kind = random.randrange(40)
    if kind == 0:
        return content[: random.randrange(len(content))]
    if kind == 1:
        return content.replace(b'":"', b'":"\\ud800', 1)
    return content


def take_manifest(content: bytes) -> None:
    """Do with a run what `list`, `show`, `plan` and `recover` do."""
    bucket = MemoryBucket()
    bucket.objects[layout.manifest_name(RUN)] = content
    vault = Vault(bucket, OWNER, clock=lambda: NOW)
    assert len(vault.runs()) == 1
    found = vault.manifest(RUN)
    json.dumps(found.model_dump(mode="json"))
    _told(manifest_document(found, vault.trust(RUN)))
    coverage.within(load_catalog(), found)
    for tables in (_gone(found), _other(found)):
        _planned(found, "bigquery-dataset-loss", {"tables": tables})
    for exists in (True, False):
        _planned(found, "gcs-bucket-corruption", {"buckets": _buckets(found, exists=exists)})
    for backup in found.buckets:
        bucket_findings(backup.resource, whole.BUCKET.resource)
        changed_configuration(backup.resource, whole.BUCKET.resource)
        first_configuration(backup.resource)
    for database in found.databases:
        asked = request(scenario="firestore-state-loss")
        database_row(plan_database(database, whole.FOUND, asked, found.project))


def _told(document: Document) -> None:
    """Write a document in every way there is."""
    assert text_of(document).replace("\n", "").isprintable()
    assert page_of(document).replace("\n", "").isprintable()


def _planned(found: Manifest, scenario: str, seen: World) -> None:
    try:
        made = make_plan(Origin(found), seen, request(scenario=scenario, exact=True, settings=True))
    except (UsageError, NoRecoveryPointError):
        return
    _told(plan_document(made, now=NOW))
    encode(made)
    try:
        check_plan(made, protected=(), confirmed_projects=())
    except RefusedError:
        return


def _gone(found: Manifest) -> TablesSeen:
    return TablesSeen(
        datasets={item.dataset_id: None for item in found.datasets},
        tables={item.name: ObservedTable(resource=None) for item in found.tables},
        definitions={name: None for item in found.datasets for name, _, _ in definitions_of(item)},
        observed_at=NOW,
    )


def _other(found: Manifest) -> TablesSeen:
    known = world()
    there = {item.name: ObservedTable(resource=GAMES, partitions={}) for item in found.tables}
    gone = _gone(found)
    return gone.model_copy(
        update={
            "datasets": {**gone.datasets, **known.datasets},
            "tables": {**there, **known.tables},
            "definitions": {**gone.definitions, **known.definitions},
        }
    )


def _buckets(found: Manifest, *, exists: bool) -> BucketsSeen:
    differs = Finding(subject="bucket", aspect="labels", expected="a", actual="b")
    seen = SeenBucket(
        exists=exists,
        keeps_replaced=True,
        objects=0,
        equal=0,
        counts=(),
        samples=(),
        configuration=(differs,) if exists else (),
    )
    there = PresentBucket(resource=whole.BUCKET.resource, policy=whole.BUCKET.access or {})
    return BucketsSeen(
        buckets={item.bucket: seen for item in found.buckets},
        present={item.bucket: there for item in found.buckets} if exists else {},
    )


def take_run(content: bytes) -> None:
    """Do with a start record what a list does."""
    bucket = MemoryBucket()
    bucket.objects[layout.start_name(RUN)] = content
    bucket.objects[layout.attempt_name(RUN, NOW)] = content
    Vault(bucket, OWNER, clock=lambda: NOW).runs()


def take_receipt(content: bytes) -> None:
    """Do with a receipt what a continued run does."""
    bucket = MemoryBucket()
    bucket.objects[TABLES.receipt_name(RUN, "nba.games")] = content
    started = Started(START, 1, NOW)
    Vault(bucket, OWNER, clock=lambda: NOW).part(started, TABLES, "nba.games")


def journal_of(name: str, content: bytes) -> Journal:
    """Return the journal of a recovery in which one document is this."""
    bucket = MemoryBucket()
    bucket.written_at = whole.BEGUN
    bucket.objects[f"recoveries/{whole.RECOVERY}/plan.json"] = PLANNED
    bucket.objects[f"recoveries/{whole.RECOVERY}/{name}"] = content
    return Journal(bucket, whole.RECOVERY, Seal())


def take_plan(content: bytes) -> None:
    """Do with a plan in a journal what `resume` does."""
    made = journal_of("plan.json", content).planned().plan
    _told(plan_document(made, now=NOW))
    json.dumps(made.model_dump(mode="json"))
    for step in made.of(TableStep):
        if step.partitions:
            statements.published("p.d.a", "p.d.b", GAMES, step.partitions, step.removed_partitions)
    try:
        check_plan(made, protected=(), confirmed_projects=())
    except RefusedError:
        return


def take_report(content: bytes) -> None:
    """Do with a report what `report` does: one that cannot be read, or is another's, is none."""
    journal = journal_of("report.json", content)
    journal.problem()
    found = journal.last_report()
    if found is None:
        raise ManifestFormatError("not believed", subject="report.json")
    _told(report_document(found, Basis(written_at=NOW, manifest="other")))
    outcome_error(found)


def take_lease(content: bytes) -> None:
    """Say how long a lease is believed."""
    claim = lease_claim(Dated(content, 1, NOW), RUN)
    assert (claim.until - NOW).total_seconds() <= 3600


def take_call(content: bytes) -> None:
    """Read a call of the function: a header line, and a body."""
    line, _, body = content.partition(b"\n")
    header = {"X-CloudScheduler-JobName": "nightly", "X-CloudScheduler-ScheduleTime": line.decode()}
    run_request(body, header.get)


def make_call(random: Random) -> bytes:
    """Make a call with odd times, ids and types."""
    body = {"run_id": "before", "recovery_point": "2026-11-24T08:00:00Z", "full": True}
    line = str(random.choice((*HOSTILE, "2026-11-24T08:00:00Z"))).replace("\n", " ")
    text = json.dumps(edited(random, body if random.randrange(4) else {}))
    return f"{line}\n{text}".encode()


TARGETS: dict[str, Target] = {
    "manifest": Target(_json(whole.whole_manifest()), take_manifest),
    "start record": Target(_json(START), take_run),
    "receipt": Target(
        _json(Receipt[TableBackup](run_id=RUN, kind="tables", start_generation=1, part=games())),
        take_receipt,
    ),
    "plan": Target(_json(whole.whole_recovery()), take_plan),
    "report": Target(_json(whole.whole_report()), take_report),
    "lease": Target(_json(LeaseRecord(run_id=RUN, holder="me", term_seconds=120)), take_lease),
    "call": Target(make_call, take_call),
    "documents": Target(records_maker(DOCUMENT_FILE, DOCUMENTS), take_documents),
    "inventory": Target(records_maker(SHARD_FILE, shard_rows()), take_shard),
    "table file": Target(make_table_file, take_table_file),
    "resource": Target(plain_json(RESOURCE), take_resource),
    "plan file": Target(plain_json(PLAN), take_plan_file),
    "criteria": Target(plain_json(CRITERIA), take_criteria),
    **{
        record_name(sample): Target(_json(sample), partial(take_record, type(sample)))
        for sample in SAMPLES
    },
}
