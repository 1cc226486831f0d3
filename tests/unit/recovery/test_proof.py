"""What a recovery showed to restore, how it is kept, and when it counts no more."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from manifests import layout
from manifests.cloud.proofs import Proofs
from manifests.model.proof import ProofRecord
from manifests.model.run import Manifest
from manifests.proof_layout import proof_name, proving_recovery
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.compare.findings import Finding
from recovery.kinds.buckets.rules.buckets import ObjectCount
from recovery.kinds.buckets.rules.outcomes import BucketOutcome
from recovery.kinds.databases.rules.outcomes import DatabaseOutcome
from recovery.kinds.known import rules_of
from recovery.kinds.outcome import Outcome
from recovery.kinds.resources.rules.steps import ResourceOutcome
from recovery.kinds.tables.rules.outcomes import TableOutcome
from recovery.outcome import RecoveryReport
from recovery.plan.fallen import FallBack
from recovery.proof import proof_of
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.platforms import whole_manifest
from tests.unit.samples import BASE_POINT, BASE_RUN, POINT, RUN, manifest
from tests.unit.worlds import GONE, plan, world

BEGUN = POINT + timedelta(hours=8)
ID = layout.recovery_id("bigquery-dataset-loss", BEGUN, "abcd")
FINDING = Finding(subject="nba.games", aspect="labels", expected="1", actual="2")


def table(name: str = "nba.games", **changes: Any) -> TableOutcome:  # noqa: ANN401 - fields of the model
    """Return how a table ended that came back whole from the vault."""
    made = TableOutcome(name=name, into=name, action="create", source="vault", rows=6)
    return made.model_copy(update=changes)


def report(*outcomes: Outcome, **of_plan: Any) -> RecoveryReport:  # noqa: ANN401 - fields of the plan
    """Return how a recovery of tables ended, ten seconds after it began."""
    made = plan(world(games=GONE)).model_copy(update=of_plan)
    return RecoveryReport(
        recovery_id=ID,
        plan=made,
        started_at=BEGUN,
        finished_at=BEGUN + timedelta(seconds=10),
        outcomes=outcomes,
    )


def proof(*outcomes: Outcome, **of_plan: Any) -> ProofRecord | None:  # noqa: ANN401 - fields of the plan
    """Return what such a recovery proved."""
    return proof_of(report(*outcomes, **of_plan), manifest(), "drill")


def test_a_table_from_the_vault_is_shown_to_restore():
    """The record says which point of which run, how much of it, how and how long it took."""
    made = proof(table())
    assert made is not None
    (part,) = made.parts
    assert (part.kind, part.name, part.run_id, part.recovery_point) == (
        "tables",
        "nba.games",
        RUN,
        POINT,
    )
    assert (part.restored, part.held, part.is_whole) == (6, 6, True)
    assert (made.how, made.seconds, made.proven_at) == ("drill", 10, BEGUN + timedelta(seconds=10))


@pytest.mark.parametrize(
    "outcome",
    [
        table(action="leave", source=""),
        table(source="time travel"),
        table(findings=(FINDING,)),
    ],
    ids=["equal already", "from time travel", "not equal"],
)
def test_what_did_not_come_from_the_vault_shows_nothing(outcome: TableOutcome):
    """What was equal already, or came from elsewhere, says nothing of the backup."""
    assert proof(outcome) is None


def test_one_thing_that_is_not_proven_leaves_no_proof():
    """A report that is not proven proves nothing, whatever else came back."""
    assert proof(table(), table("nba.arrivals", findings=(FINDING,))) is None
    assert proof(table(), not_held=("nba.odds",)) is None


def test_some_partitions_are_not_the_table():
    """A part of which only some came back is not shown whole."""
    made = proof(table(rows=1))
    assert made is not None
    assert not made.parts[0].is_whole


def test_a_table_without_rows_is_shown_once_it_is_made():
    """There is no row that could come from the vault."""
    made = proof(table("ref.nothing-yet", rows=0, source=""))
    assert made is not None
    assert made.parts[0].is_whole


def test_what_fell_back_is_proven_at_its_older_point():
    """The run it came from is the one that is shown to restore."""
    older = FallBack(
        kind="tables",
        name="nba.games",
        run_id=BASE_RUN,
        recovery_point=BASE_POINT,
        manifest_digest="",
    )
    made = proof(table(), fallen_back=(older,))
    assert made is not None
    assert (made.parts[0].run_id, made.parts[0].recovery_point) == (BASE_RUN, BASE_POINT)


def shown(kind: Any, origin: Manifest, outcomes: Sequence[Outcome]) -> list[tuple[str, int, int]]:  # noqa: ANN401 - a kind's name
    """Return what a kind says came back: the part, how much, of how much."""
    (rules,) = rules_of([kind])
    found = rules.restored(outcomes, (), origin)
    return [(item.backup.name, item.things, item.held) for item in found]


def test_of_a_bucket_only_contents_from_the_vault_count():
    """Earlier versions and metadata say nothing of the vault."""
    counts = [
        ObjectCount(damage="missing", source=source, objects=objects, size_bytes=1)
        for source, objects in (("vault", 2), ("noncurrent", 3), ("metadata", 4))
    ]
    ended = BucketOutcome(name="raw", into="drill-raw", action="create", restored=tuple(counts))
    assert shown("buckets", whole_manifest(), [ended]) == [("raw", 2, 5)]
    left = ended.model_copy(update={"restored": tuple(counts[1:])})
    assert shown("buckets", whole_manifest(), [left]) == []


def test_of_a_database_what_was_written_counts():
    """A database that was left as it is shows nothing."""
    ended = DatabaseOutcome(name="(default)", into="drill", action="restore", written=3)
    assert shown("databases", whole_manifest(), [ended]) == [("(default)", 3, 3)]
    assert (
        shown("databases", whole_manifest(), [ended.model_copy(update={"action": "leave"})]) == []
    )


def test_of_resources_what_was_made_counts_by_type():
    """What was there already shows nothing."""
    name = "projects/platform/topics/"
    made = [
        ResourceOutcome(
            name=f"{name}{action}", into=f"{name}{action}", action=action, type="pubsub/topic"
        )
        for action in ("create", "leave")
    ]
    assert shown("resources", whole_manifest(), made) == [("pubsub/topic", 1, 2)]


def kept(content: bytes, name: str = proof_name(ID)) -> list[ProofRecord]:
    """Return the proofs of a bucket with one object."""
    bucket: Any = MemoryBucket()
    bucket.put_once(name, content)
    return list(
        Proofs(bucket, Seal()).since(BEGUN - timedelta(days=1), now=BEGUN + timedelta(days=1))
    )


def test_a_proof_is_kept_once_and_read():
    """The first word stays."""
    bucket: Any = MemoryBucket()
    first = proof(table())
    assert first is not None
    Proofs(bucket, Seal()).record(first)
    Proofs(bucket, Seal()).record(first.model_copy(update={"how": "recovery"}))
    found = Proofs(bucket, Seal()).since(BEGUN, now=BEGUN + timedelta(days=1))
    assert list(found) == [first]


def test_only_what_was_signed_proves_where_there_is_a_key():
    """What others wrote, or took from the place of another proof, makes no part look tested."""
    bucket: Any = MemoryBucket()
    signer, made = Signer(), proof(table())
    assert made is not None
    sealed = Proofs(bucket, Seal(TrustedKeys(signer.pem), signer, "operator"))
    since, now = BEGUN - timedelta(days=1), BEGUN + timedelta(days=1)
    for planted in (encode(made), encode(made, sign=Signer()), encode(made, sign=signer)):
        bucket.objects[proof_name(ID)] = planted
        assert not list(sealed.since(since, now=now))
        assert list(Proofs(bucket, Seal()).since(since, now=now)) == [made]
    bucket.objects.clear()
    sealed.record(made)
    assert list(sealed.since(since, now=now)) == [made]


def test_an_old_proof_is_forgotten():
    """What was shown before the catalog's time counts no more, nor what has not come yet."""
    bucket: Any = MemoryBucket()
    made = proof(table())
    assert made is not None
    Proofs(bucket, Seal()).record(made)
    after = made.proven_at + timedelta(seconds=1)
    assert not list(Proofs(bucket, Seal()).since(after, now=after))
    assert not list(Proofs(bucket, Seal()).since(BEGUN, now=BEGUN))


def test_what_cannot_be_read_or_be_true_proves_nothing():
    """A proof is looked at like whatever lies where others can write."""
    made = proof(table())
    assert made is not None
    other = layout.recovery_id("bigquery-dataset-loss", BEGUN, "ffff")
    earlier = made.model_copy(update={"proven_at": BEGUN - timedelta(hours=1)})
    assert kept(encode(made)) == [made]
    assert kept(encode(made)[:-40]) == []
    assert kept(encode(made).replace(b'"how":"drill"', b'"how":"hope!"')) == []
    assert kept(encode(made), proof_name(other)) == []
    assert kept(encode(earlier)) == []
    (part,) = made.parts
    never = part.model_copy(update={"recovery_point": made.proven_at + timedelta(days=9999)})
    assert kept(encode(made.model_copy(update={"parts": (never,)}))) == []
    assert kept(encode(made), "proofs/readme.txt") == []
    assert kept(encode(made), "proofs/nobody.json") == []


def test_names_of_proofs_are_parsed_back():
    """Only what is built here is parsed."""
    assert proving_recovery(proof_name(ID)) == ID
    for name in ("proofs/", "proofs/a/b.json", f"runs/{ID}.json", f"proofs/{ID}.txt"):
        assert proving_recovery(name) is None
