"""The journal of a recovery, with a bucket in memory."""

import json
from datetime import timedelta
from typing import Any, cast

import pytest
from pydantic import ValidationError

from manifests.catalog_objectives import Objective
from manifests.cloud.objects import Bucket
from manifests.cloud.recoveries import Recoveries
from manifests.errors import (
    ManifestUntrustedError,
    RefusedError,
    StrangeObjectError,
)
from manifests.journal_layout import JournalNames
from manifests.layout import recovery_begun_at
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from recovery.journal import Journal
from recovery.kinds.former import FOLDER, Former
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.outcome import AbandonedRecovery, PlannedRecovery, RecoveryReport
from recovery.report.conclusion import outcome_error
from recovery.under_way import under_way
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.worlds import GONE, plan, world

RECOVERY = "bigquery-dataset-loss-20261124T080000Z-abcd"


def test_a_plan_that_is_there_already_is_not_begun():
    """What is carried out is what was agreed to; writing the same again is no other plan."""
    journal = Journal(cast("Bucket", MemoryBucket()), RECOVERY, Seal())
    planned = PlannedRecovery(
        recovery_id=RECOVERY, started_at=recovery_begun_at(RECOVERY), plan=plan(world())
    )
    journal.begin(planned)
    journal.begin(planned)
    another = planned.model_copy(update={"plan": plan(world(games=GONE))})
    with pytest.raises(RefusedError, match="another plan is there already"):
        journal.begin(another)
    assert journal.planned() == planned


@pytest.mark.parametrize("ended", ["", "report.json", "attempts/20261124T090000.000000Z.json"])
def test_what_an_older_version_began_is_closed_and_not_continued(ended: str):
    """A plan with a list for each kind is not read: who began it can go on, or it is abandoned."""
    content = encode(
        PlannedRecovery(
            recovery_id=RECOVERY, started_at=recovery_begun_at(RECOVERY), plan=plan(world())
        )
    )
    body = json.loads(content)
    body["document"]["plan"]["tables"] = body["document"]["plan"].pop("steps")
    bucket = MemoryBucket()
    for name in filter(None, ("plan.json", ended)):
        bucket.objects[f"recoveries/{RECOVERY}/{name}"] = json.dumps(body).encode()
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    with pytest.raises(RefusedError, match="an older version of Rebound began it") as refused:
        journal.planned()
    assert f"`rebound abandon {RECOVERY} --why ...` closes it" in refused.value.hint
    assert (journal.last_report(), journal.ended_before()) == (None, bool(ended))
    before = recovery_begun_at(RECOVERY) - timedelta(days=1)
    still_open = under_way(cast("Bucket", bucket), "bigquery-dataset-loss", Seal(), since=before)
    assert still_open == ([] if ended else [RECOVERY])


def test_a_journal_is_believed_where_a_trusted_key_signed_it_for_its_place():
    """Nobody else can write a plan, an entry or an end; and a signed entry is good in its place only."""
    signer, bucket = Signer(), MemoryBucket()
    bucket.written_at = recovery_begun_at(RECOVERY)
    journal = Journal(
        cast("Bucket", bucket), RECOVERY, Seal(TrustedKeys(signer.pem), signer, "operator")
    )
    planned = PlannedRecovery(
        recovery_id=RECOVERY, started_at=recovery_begun_at(RECOVERY), plan=plan(world())
    )
    journal.begin(planned)
    assert journal.planned() == planned
    before = Former(resource={"description": "ours"})
    journal.record(FOLDER, "table nba.games", before)
    assert journal.entry(FOLDER, "table nba.games", Former) == before
    own = f"recoveries/{RECOVERY}/before/table nba"
    bucket.objects[f"{own}.other.json"] = bucket.objects[f"{own}.games.json"]
    bucket.objects[f"{own}.third.json"] = encode(before)
    bucket.objects[f"{own}.fourth.json"] = Seal(sign=Signer(), author="operator").encode(
        before, subject=f"{own}.fourth.json"
    )
    for name in ("other", "third", "fourth"):
        assert journal.entry(FOLDER, f"table nba.{name}", Former) is None
    assert journal.entries(FOLDER, Former) == (before,)
    bucket.objects[f"recoveries/{RECOVERY}/abandoned.json"] = encode(
        AbandonedRecovery(
            recovery_id=RECOVERY, abandoned_at=recovery_begun_at(RECOVERY), why="planted"
        )
    )
    assert journal.abandoned() is None
    bucket.objects[f"recoveries/{RECOVERY}/plan.json"] = encode(planned)
    with pytest.raises(ManifestUntrustedError, match="it is not signed") as untrusted:
        journal.planned()
    assert "REBOUND_OPERATOR_KEYS" in untrusted.value.hint
    assert Journal(cast("Bucket", bucket), RECOVERY, Seal()).planned() == planned


def test_a_planted_end_gives_up_no_run_that_a_recovery_reads():
    """What expires is asked of journals that are believed: their ends, and what they need."""
    signer, bucket = Signer(), MemoryBucket()
    bucket.written_at = begun_at = recovery_begun_at(RECOVERY)
    keys, landing = TrustedKeys(signer.pem), cast("Bucket", bucket)
    planned = PlannedRecovery(recovery_id=RECOVERY, started_at=begun_at, plan=plan(world()))
    journal = Journal(landing, RECOVERY, Seal(keys, signer, "operator"))
    journal.begin(planned)
    checking = Recoveries(landing, Seal(keys, author="operator"))
    since = begun_at - timedelta(days=1)

    ended = AbandonedRecovery(recovery_id=RECOVERY, abandoned_at=begun_at, why="planted")
    bucket.objects[f"recoveries/{RECOVERY}/abandoned.json"] = encode(ended)
    assert list(checking.open(since=since)) == [RECOVERY]
    assert not list(Recoveries(landing, Seal()).open(since=since)), "without keys it is believed"
    assert checking.needs(RECOVERY) == {planned.plan.run_id}

    other = RECOVERY.replace("abcd", "beef")
    theirs = planned.model_copy(update={"recovery_id": other})
    bucket.objects[f"recoveries/{other}/plan.json"] = encode(theirs)
    assert checking.needs(other) == frozenset(), "nobody who is trusted began it"
    del bucket.objects[f"recoveries/{RECOVERY}/abandoned.json"]
    journal.abandon(ended)
    assert RECOVERY not in set(checking.open(since=since))


def test_each_attempt_keeps_its_record():
    """Neither a second resume nor the end of it all takes the place of what an earlier one wrote."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    made = plan(world()).model_copy(update={"steps": ()})
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    bucket.written_at = began
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=made))
    names, written = JournalNames(RECOVERY), {}
    for number, lacking in enumerate((("nba.lost", "nba.late"), ("nba.lost",), ())):
        ended = bucket.written_at = began + timedelta(minutes=5 * (number + 1))
        report = RecoveryReport(
            recovery_id=RECOVERY,
            plan=made.model_copy(update={"not_held": lacking}),
            started_at=began,
            finished_at=ended,
            outcomes=(),
        )
        assert journal.end(report) == journal.last_report() == report
        written[names.attempt(ended) if lacking else names.report] = encode(report)
    told = {name: found for name, found in bucket.objects.items() if name != names.plan}
    assert told == written


def test_what_lies_behind_the_last_attempt_does_not_hide_how_that_ended():
    """Who writes there could have a recovery that is partial look as if it were under way."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    bucket.written_at = ended = began + timedelta(minutes=5)
    made = plan(world()).model_copy(update={"steps": ()})
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=made))
    report = RecoveryReport(
        recovery_id=RECOVERY, plan=made, started_at=began, finished_at=ended, outcomes=()
    )
    names = JournalNames(RECOVERY)
    bucket.objects[names.attempt(ended)] = encode(report)
    assert journal.last_report() == report
    bucket.objects[f"{names.attempts}later.json"] = b"{}"
    assert journal.last_report() == report


VIEW = {"view": {"projectId": "p", "datasetId": "d", "tableId": "v"}}


@pytest.mark.parametrize(
    "entry",
    [
        {"role": "OWNER", "userByEmail": "eve@x.com"},
        {"view": "v"},
        {"view": {**VIEW["view"], "tableId": ["v"]}},
        {"dataset": {"projectId": "p", "datasetId": "d"}},
        {**VIEW, "role": 7},
        {**VIEW, "routine": None},
    ],
)
def test_what_a_journal_authorizes_has_its_type(entry: dict[str, Any]):
    """An entry is a view, routine or dataset that could be named; a person is none."""
    assert DatasetStep(name="d", into="d", authorizes=(VIEW,)).authorizes == (VIEW,)
    with pytest.raises(ValidationError):
        DatasetStep(name="d", into="d", authorizes=(entry,))


def test_what_was_written_when_the_recovery_did_not_run_is_not_the_recoverys(
    capsys: pytest.CaptureFixture[str],
):
    """Where nothing is signed the bucket's own times tell who cannot have written an entry."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    ended = began + timedelta(minutes=5)
    bucket.written_at = began
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=plan(world())))
    before = Former(resource={"description": "ours"})
    journal.keep(FOLDER, "table nba.games", before)
    written = journal.during(ended)
    assert written.entry(FOLDER, "table nba.games", Former) == before
    for moment in (began - timedelta(seconds=1), ended + timedelta(seconds=1)):
        bucket.written_at = moment
        assert written.entry(FOLDER, "table nba.games", Former) is None
        assert written.entries(FOLDER, Former) == ()
        told = capsys.readouterr()
        assert "when the recovery did not run" in told.out + told.err
        with pytest.raises(StrangeObjectError, match="when the recovery did not run"):
            journal.during(ended)
    signer = Signer()
    seal = Seal(TrustedKeys(signer.pem), signer, "operator")
    signed = Journal(cast("Bucket", bucket), RECOVERY, seal)
    signed.record(FOLDER, "table nba.odds", before)
    assert signed.during(ended).entry(FOLDER, "table nba.odds", Former) == before


def test_nothing_is_changed_for_which_somebody_else_wrote_what_it_was():
    """It would go back to that: an entry that lay there before is not the recovery's."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    bucket.written_at = began
    journal = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=plan(world())))
    planted = encode(Former(resource={"description": "theirs"}))
    bucket.objects[f"recoveries/{RECOVERY}/before/table nba.games.json"] = planted
    with pytest.raises(StrangeObjectError, match="before the recovery wrote its own"):
        journal.keep(FOLDER, "table nba.games", Former(resource=None))
    journal.keep(FOLDER, "table nba.odds", Former(resource=None))
    journal.keep(FOLDER, "table nba.odds", Former(resource={}))
    resumed = Journal(cast("Bucket", bucket), RECOVERY, Seal())
    resumed.keep(FOLDER, "table nba.odds", Former(resource={}))
    assert resumed.entry(FOLDER, "table nba.odds", Former) == Former(resource=None)
    bucket.written_at = began - timedelta(seconds=1)
    with pytest.raises(StrangeObjectError, match="before the recovery wrote its own"):
        resumed.keep(FOLDER, "table nba.odds", Former(resource={}))


def test_what_is_planted_while_a_recovery_runs_stops_nothing_where_there_is_a_key():
    """What a thing was, and how the recovery ended, is then written beside that, and read from there."""
    signer, bucket, began = Signer(), MemoryBucket(), recovery_begun_at(RECOVERY)
    bucket.written_at = began
    landing, seal = cast("Bucket", bucket), Seal(TrustedKeys(signer.pem), signer, "operator")
    made = plan(world()).model_copy(update={"steps": ()})
    journal = Journal(landing, RECOVERY, seal)
    journal.begin(PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=made))
    planted = encode(Former(resource={"description": "theirs"}))
    place = f"recoveries/{RECOVERY}/before/table nba.games.json"
    bucket.objects[place] = planted
    ours = Former(resource={"description": "ours"})
    journal.keep(FOLDER, "table nba.games", ours)
    bucket.objects[f"{place}~zzz.json"] = planted
    journal.keep(FOLDER, "table nba.games", Former(resource=None))
    resumed = Journal(landing, RECOVERY, seal)
    resumed.keep(FOLDER, "table nba.games", Former(resource=None))
    for reader in (journal, resumed, resumed.during(began)):
        assert reader.entry(FOLDER, "table nba.games", Former) == ours
        assert reader.entries(FOLDER, Former) == (ours,)
    assert bucket.objects[place] == planted

    ended = began + timedelta(minutes=5)
    report = RecoveryReport(
        recovery_id=RECOVERY, plan=made, started_at=began, finished_at=ended, outcomes=()
    )
    bucket.objects[f"recoveries/{RECOVERY}/report.json"] = encode(
        report.model_copy(update={"finished_at": began})
    )
    assert report.is_proven
    assert journal.end(report) == report
    assert resumed.report() == report


def test_a_journal_says_nothing_of_what_was_agreed():
    """Who writes there could have what came late look as if it were in time."""
    bucket, began = MemoryBucket(), recovery_begun_at(RECOVERY)
    ever = Objective(rto_seconds=10**12, rpo_seconds=10**12)
    made = plan(world()).model_copy(update={"steps": (), "agreed": ever})
    bucket.written_at = ended = began + timedelta(days=3)
    late = RecoveryReport(
        recovery_id=RECOVERY, plan=made, started_at=began, finished_at=ended, outcomes=()
    )
    begun = PlannedRecovery(recovery_id=RECOVERY, started_at=began, plan=made)
    bucket.objects[JournalNames(RECOVERY).plan] = encode(begun)
    bucket.objects[JournalNames(RECOVERY).report] = encode(late)
    for objectives, code in (({}, 8), ({"bigquery-dataset-loss": ever}, None)):
        journal = Journal(cast("Bucket", bucket), RECOVERY, Seal(), objectives)
        assert journal.planned().plan.agreed == objectives.get("bigquery-dataset-loss")
        found = journal.last_report()
        assert found is not None
        error = outcome_error(found)
        assert (error and error.exit_code) == code
