"""A journal or an entry of the ledger that somebody changed and every check accepts does nothing that is not told.

Not here are the journals of undos, repairs and dates. What is done with one is decided between looks at the
cloud, which somebody would have to make up for each change; what it may choose is small, and held by hand:

    undos     proven/test_undo (`what_somebody_plants`, `a_journal_chooses_nothing`), test_undo_things, test_undo
    repairs   test_repair (`a_journal_that_calls_itself_a_repair`, `that_was_killed`), forged/test_documents
    dates     processors/test_dates (`a_resumed_plan_runs_only_what_was_agreed_to`, `a_journal_says_nothing`)
"""

from random import Random
from typing import Any

import pytest

from manifests.erasure_layout import erasure_name
from manifests.erasures import Erasure
from manifests.errors import ReboundError
from manifests.model.run import Manifest
from recovery.compare.documents import CollectionState, DatabaseState
from recovery.compare.findings import Finding
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.buckets import ObjectCount, SeenBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.databases.rules.documents import DatabaseStep
from recovery.kinds.databases.rules.seen import DatabasesSeen
from recovery.kinds.decision import Origin
from recovery.kinds.step import Step
from recovery.kinds.tables.rules.datasets import DatasetStep
from recovery.kinds.tables.rules.definitions import DefinitionStep
from recovery.kinds.tables.rules.tables import TableStep
from recovery.ledger import Ledger
from recovery.ledger_store import read_ledger
from recovery.options.asked import Options
from recovery.options.option import option_of, put
from recovery.plan.model import Plan
from recovery.plan.restorable import restorable
from recovery.plan.resumed import resumed
from recovery.plan.said import BY_CATALOG, WORDS, check_not_drilled, unsaid
from recovery.plan.whole import World
from recovery.scenarios import ScenarioName
from tests.fuzz.accepted import (
    CASES,
    CATALOG,
    GENUINE,
    KNOWN,
    SAID,
    VAULT,
    WHOLE,
    check,
    given_by,
    noted,
    planned,
    refused,
    told,
)
from tests.fuzz.targets import NOW, journal_of, json_text
from tests.fuzz.values import edited
from tests.fuzz.whole import BUCKET, DATABASE, RECOVERY, whole_recovery
from tests.fuzz.worlds import configured, tables_as
from tests.unit.manifests.test_erasures import entry
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_ledger import SIGNING, added, refusal
from tests.unit.samples import RUN
from tests.unit.worlds import LOSING

_CASES = CASES // 4
type Journalled = tuple[Plan, World, Manifest]


def _begun(scenario: ScenarioName, run: Manifest, seen: World) -> Journalled:
    """Return the plan that a recovery was begun with, the world, and the run."""
    made = planned(VAULT, run, scenario, lambda _: seen)
    return made.model_copy(update={"run_id": RUN}), seen, run


def _damaged() -> World:
    """Return a bucket that lacks two objects and has one more."""
    lacking = ObjectCount(damage="missing", source="vault", objects=2, size_bytes=2)
    more = ObjectCount(damage="extra", source="none", objects=1, size_bytes=1)
    seen = SeenBucket(keeps_replaced=True, objects=3, equal=1, counts=(lacking, more), samples=())
    name = BUCKET.bucket
    present = PresentBucket(resource=BUCKET.resource, policy=BUCKET.access or {})
    return {
        "buckets": BucketsSeen(
            buckets={name: seen}, present={name: present}, older=frozenset({name})
        )
    }


def _changed() -> World:
    """Return a database that lacks a document, has two more, and other settings."""
    found = CollectionState(collection_id="states", missing=1, extra=2)
    state = DatabaseState(exists=True, collections=(found,), indexes={}, settings={"type": "x"})
    name = DATABASE.database_id
    return {"databases": DatabasesSeen(databases={name: state}, older=frozenset({name}))}


def _outage() -> Journalled:
    run, seen = configured(GENUINE)
    project = frozenset({"projects/platform"})
    older = {kind: it.model_copy(update={"older": project}) for kind, it in seen.items()}
    return _begun("complete-outage", run, older)


JOURNALS: dict[str, Journalled] = {
    "tables": _begun("bigquery-dataset-loss", WHOLE, tables_as(LOSING, WHOLE)),
    "buckets": _begun("gcs-bucket-corruption", WHOLE, _damaged()),
    "databases": _begun("firestore-state-loss", WHOLE, _changed()),
    "resources": _outage(),
}


@pytest.mark.parametrize("kind", JOURNALS)
def test_an_accepted_journal_is_refused_told_or_none(kind: str):
    """Nothing goes that no plan tells, whatever is left of a plan that somebody changed; its options are asked again.

    But for tables, where the plan bounds what may go, it is decided anew: the journal says nothing that counts.
    """
    begun, seen, run = JOURNALS[kind]
    body = whole_recovery().model_copy(update={"plan": begun}).model_dump(mode="json")
    genuine = resume(begun, seen, run)
    tried, told_of, asks_more, before = 0, 0, 0, told(genuine)
    for seed in range(_CASES):
        with noted(f"seed {seed}"):
            random = Random(seed)
            try:
                plan = (
                    journal_of("plan.json", json_text(random, _edited(random, body))).planned().plan
                )
                if (plan.run_id, plan.request.target.project) != (RUN, "platform"):
                    continue  # `resume` ends: no such run, or a project that nobody named
                check_not_drilled(plan.request, subject=RECOVERY)
                left = resume(plan, seen, run)
            except ReboundError:
                continue
            tried += plan != begun
            if unsaid(plan.request, SAID, recovery_id=RECOVERY):
                continue
            told_of += 1
            asks_more += asked_of(left) != asked_of(begun)
            assert asked_of(left) == asked_of(begun) or told(left) != before
            check(left, None, given_by(run, left, seen) - KNOWN)
            check_goes(left, genuine)
    assert min(tried, told_of) > _CASES // 50
    assert asks_more


_BOUND = (TableStep, DatasetStep, DefinitionStep)
"""What happens to these stays as it was begun: what may go is bound by what their plan told."""


def _edited(random: Random, body: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a journal with some edits, often of what it says was asked for alone: steps are many."""
    if random.randrange(2):
        return edited(random, body)
    plan = body["plan"]
    return body | {"plan": plan | {"request": edited(random, plan["request"])}}


def check_goes(left: Plan, genuine: Plan) -> None:
    """Insist that nothing goes untold, and that what the genuine journal does not say is not done."""
    tables = left.of(TableStep)
    assert refused(left) or not any(step.told(left.request) for step in tables)
    others = [step for step in left.steps if not isinstance(step, _BOUND)]
    assert refused(left) or not any(step.losing for step in others)
    if asked_of(left) == asked_of(genuine):
        known = {step.name: step for step in genuine.steps}
        for step in others:
            assert refused(left) or done(step) == done(known[step.name])
            assert set(_settings(step)) <= set(_settings(known[step.name]))
        assert left.cannot_bring_back == genuine.cannot_bring_back or tables


def done(step: Step) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what is decided, but for settings: fewer are set back where a journal says of fewer that they differed."""
    return step.model_dump(mode="json", exclude={"settings", "since", "sets"})


def _settings(step: Step) -> tuple[Finding, ...]:
    return step.settings if isinstance(step, DatabaseStep) else ()


def asked_of(plan: Plan) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what a journal asks for: not what the catalog says, nor what only its words give."""
    body = plan.request.model_dump(mode="json", exclude={*BY_CATALOG, "lock_again"})
    for name in WORDS:
        put(body, option_of(Options.model_fields[name]).asks, None)
    return body


def resume(begun: Plan, seen: World, run: Manifest) -> Plan:
    """Return what of a begun plan is left."""
    origin = restorable(CATALOG, Origin(run), begun.request, now=NOW)
    return resumed(begun, origin, seen)


def test_an_accepted_erasure_brings_nothing_back():
    """What nobody signed, wherever it lies: what was erased stays so, or it is told and refused."""
    entries = [entry("bucket", "raw", name) for name in "abc"]
    genuine, copies = MemoryBucket(), MemoryBucket()
    added(genuine, SIGNING, *entries, landing=copies)
    stored = digests_in(read_ledger(genuine, copies, SIGNING))
    revoking = Erasure(number=4, revokes=(2,), erased_at=NOW, operator="eve", why="x")
    bodies = [it.model_dump(mode="json") for it in (*entries, revoking)]
    tried = 0
    for seed in range(_CASES):
        with noted(f"seed {seed}"):
            random, vault = Random(seed), MemoryBucket()
            vault.objects |= genuine.objects
            name = erasure_name(random.randint(1, len(entries) + 1))
            vault.objects[name] = json_text(random, edited(random, random.choice(bodies)))
            ledger = read_ledger(vault, copies, SIGNING)
            tried += bool(ledger.unsigned)
            assert digests_in(ledger) >= stored
            assert digests_in(ledger) == stored or refusal(ledger)
            assert refusal(ledger) or not (ledger.unsigned or ledger.unreadable)
    assert tried > _CASES // 50


def digests_in(ledger: Ledger) -> set[str]:
    """Return the keys that stay erased in a recovery, whatever of the ledger nobody signed."""
    applied = ledger.applied(with_unsigned=False).entries
    return {digest for item in applied for digest in item.digests}
