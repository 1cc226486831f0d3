"""A manifest, journal or fence that somebody changed and every check accepts does nothing that is not told.

Journals are those of tables: for others, erasures, repairs and dates, which need a world each, attacks are by hand.
"""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from manifests import coverage
from manifests.errors import ReboundError, RefusedError
from manifests.kinds.resources.table import resource_type
from manifests.kinds.tables.kind import TABLES
from manifests.layout import manifest_name
from manifests.model.run import Manifest
from manifests.store.envelope import decode, encode
from manifests.store.vault import Vault
from manifests.values import Resource
from recovery.fence.look import checked
from recovery.fence.model import FenceRecord
from recovery.fence.rules import planned_thaw
from recovery.fence.text import short_name, thaw_lines
from recovery.kinds.decision import Origin
from recovery.kinds.known import rules_of
from recovery.kinds.resources.rules.seen import ResourcesSeen
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.kinds.tables.rules.tables import TableStep
from recovery.options.asked import Options
from recovery.options.option import option_of, put
from recovery.plan.model import Plan
from recovery.plan.restorable import check_project, restorable
from recovery.plan.resumed import resumed
from recovery.plan.said import BY_CATALOG, WORDS, check_not_drilled, unsaid
from recovery.plan.whole import World, make_plan
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.scenarios import ScenarioName
from recovery.units import as_text, printable, shown
from tests.fuzz.targets import NOW, OWNER, TARGETS, journal_of, json_text
from tests.fuzz.values import edited
from tests.fuzz.whole import BUCKET, RECOVERY, whole_manifest, whole_recovery
from tests.fuzz.worlds import CONFIGURED, FENCE, WORLDS, configured, tables_as
from tests.unit.memory import MemoryBucket
from tests.unit.samples import RUN, catalog
from tests.unit.worlds import LOSING, request

CASES = int(os.environ.get("REBOUND_ACCEPTED", "500"))  # `make fuzz` takes more
GENUINE = whole_manifest()
# Of what the genuine run holds one dataset and one table are not protected any more.
CATALOG = catalog(
    buckets=[{"bucket": BUCKET.bucket}],
    databases=[{"database": "(default)"}],
    resources=[{"type": name} for name in CONFIGURED],
)
SAID = {"settings": True, "create_datasets": True}  # the options of `planned`, said again
type Seeing = Callable[[Manifest], World]


@contextmanager
def noted(what: str) -> Iterator[None]:
    """Say of a case that fails which one it was."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


def accepted(content: bytes) -> tuple[Vault, Manifest]:
    """Return a vault and the manifest that it takes for that of its run."""
    bucket: Any = MemoryBucket()
    bucket.objects[manifest_name(RUN)] = content
    vault = Vault(bucket, OWNER, clock=lambda: NOW)
    return vault, vault.manifest(RUN)


def planned(vault: Vault, found: Manifest, scenario: ScenarioName, seen: Seeing) -> Plan:
    """Return what a recovery would do with everything that it can be asked to set back."""
    asked = request(scenario=scenario, settings=True, create_datasets=True)
    check_project(found, asked)
    origin = restorable(CATALOG, Origin(found), asked, now=NOW)
    made = make_plan(origin, seen(origin.run), asked)
    return made.model_copy(
        update={
            "foreign": vault.foreign(found.platform, found.project),
            "left_out": coverage.unprotected(CATALOG, found),
        }
    )


def told(made: Plan) -> str:
    """Return all that an operator reads, without spaces: long lines are broken."""
    return joined(text_of(plan_document(made, now=NOW)))


def joined(text: str) -> str:
    """Return a text without spaces."""
    return "".join(text.split())


def refused(made: Plan) -> bool:
    """Whether a plan needs a word that nobody said."""
    try:
        check_plan(made, protected=(), confirmed_projects=())
    except RefusedError:
        return True
    return False


def given_to(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    """Yield everybody to whom something in JSON gives something."""
    if isinstance(value, list):
        for item in value:
            yield from given_to(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("members", "grantees") and isinstance(item, list):
                yield from (str(member) for member in item)
            elif key in ("userByEmail", "groupByEmail", "domain", "specialGroup", "iamMember"):
                yield str(item)
            yield from given_to(item)


def given_by(found: Manifest, made: Plan, world: World) -> set[str]:
    """Return everybody to whom what is brought back of a run gives something."""
    origin = restorable(CATALOG, Origin(found), made.request, now=NOW).run
    seen = [item for it in world.values() if isinstance(it, ResourcesSeen) for item in it.items]
    parts = (
        *(item for rules in rules_of(made.request.kinds) for item in rules.parts(origin)),
        *(origin.datasets if "tables" in made.request.kinds else ()),
    )
    policies = [item.stored.policy for item in seen]
    return set(given_to([*(item.model_dump(mode="json") for item in parts), policies]))


def check(made: Plan, before: Plan | None, new: Collection[str]) -> None:
    """Insist that a plan writes what the catalog names, and tells the rest.

    Args:
        made: The plan.
        before: That of the genuine run; None of a journal: what it hides stays when it is published.
        new: Those to whom it gives something, and the genuine one nothing.
    """
    text, changing = told(made), [step for step in made.steps if step.changes]
    short = joined(text_of(plan_document(made, now=NOW, is_whole=False)))
    for step in changing:
        if isinstance(step, ConfigurationStep):
            assert step.type in CONFIGURED
            assert step.into == "projects/platform" or step.into.startswith("projects/platform/")
            assert all(joined(shown(step.own_name)) in it for it in (text, short))
            continue
        names = {*CATALOG.dataset_ids, BUCKET.bucket, "(default)"}
        assert step.name.partition(".")[0] in names
        assert step.kind != "table" or CATALOG.protects(TABLES, step.name)
        assert all(joined(shown(step.into)) in it for it in (text, short))
    if before is not None:
        assert refused(made) or not any(step.losing for step in changing)
        ours, genuine = ([step.decided for step in it.steps] for it in (made, before))
        assert ours == genuine or text != told(before) or refused(made)
    if changing:
        for member in new:
            assert joined(shown(member)) in text


VAULT, WHOLE = accepted(encode(GENUINE))
BEFORE = {where: planned(VAULT, WHOLE, *world) for where, world in WORLDS.items()}
KNOWN = set(given_to(GENUINE.model_dump(mode="json")))


def test_an_accepted_change_is_refused_told_or_none():
    """It writes only what the catalog names, and what else it does or gives an operator reads."""
    tried, gives = 0, 0
    for seed in range(CASES):
        try:
            vault, found = accepted(TARGETS["manifest"].make(Random(seed)))
        except ReboundError:
            continue
        tried += found != GENUINE
        for where, before in BEFORE.items():
            scenario, seen = WORLDS[where]
            try:
                made = planned(vault, found, scenario, seen)
            except ReboundError:
                continue
            new = given_by(found, made, seen(found)) - KNOWN
            gives += bool(new)
            with noted(f"{where}, seed {seed}"):
                check(made, before, new)
    assert tried > CASES // 50
    assert gives


def test_accepted_configuration_is_refused_told_or_none():
    """So is what somebody changed of a role, an account, a topic or the policy of the project itself."""
    genuine, world = configured(GENUINE)
    before = planned(VAULT, genuine, "complete-outage", lambda _: world)
    known = given_by(genuine, before, world)
    tried, gives = 0, 0
    for seed in range(CASES):
        with noted(f"seed {seed}"):
            try:
                found, seen = configured(GENUINE, Random(seed))
                made = planned(VAULT, found, "complete-outage", lambda _, seen=seen: seen)
            except ReboundError:
                continue
            tried += found != genuine
            new = given_by(found, made, seen) - known
            gives += bool(new)
            check(made, before, new)
    assert tried > CASES // 50
    assert gives


def test_an_accepted_journal_is_refused_told_or_none():
    """Nothing goes that no plan tells, whatever is left of a plan that somebody changed; its options are asked again."""
    seen = tables_as(LOSING, WHOLE)
    begun = planned(VAULT, WHOLE, "bigquery-dataset-loss", lambda _: seen)
    begun = begun.model_copy(update={"run_id": RUN})
    body = whole_recovery().model_copy(update={"plan": begun}).model_dump(mode="json")
    tried, told_of, asks_more, before = 0, 0, 0, told(resume(begun, seen))
    for seed in range(CASES):
        with noted(f"seed {seed}"):
            random = Random(seed)
            try:
                plan = (
                    journal_of("plan.json", json_text(random, edited(random, body))).planned().plan
                )
                if (plan.run_id, plan.request.target.project) != (RUN, "platform"):
                    continue  # `resume` ends: no such run, or a project that nobody named
                check_not_drilled(plan.request, subject=RECOVERY)
                left = resume(plan, seen)
            except ReboundError:
                continue
            tried += plan != begun
            if not unsaid(plan.request, SAID, recovery_id=RECOVERY):
                told_of += 1
                asks_more += asked_of(left) != asked_of(begun)
                assert asked_of(left) == asked_of(begun) or told(left) != before
                check(left, None, given_by(WHOLE, left, seen) - KNOWN)
                tables = [step for step in left.steps if isinstance(step, TableStep)]
                assert refused(left) or not any(step.told(left.request) for step in tables)
    assert min(tried, told_of) > CASES // 50
    assert asks_more


def asked_of(plan: Plan) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return what a journal asks for: not what the catalog says, nor what only its words give."""
    body = plan.request.model_dump(mode="json", exclude={*BY_CATALOG, "lock_again"})
    for name in WORDS:
        put(body, option_of(Options.model_fields[name]).asks, None)
    return body


def resume(begun: Plan, seen: World) -> Plan:
    """Return what of a begun plan is left."""
    origin = restorable(CATALOG, Origin(WHOLE), begun.request, now=NOW)
    return resumed(begun, origin, seen)


def test_an_accepted_fence_is_told():
    """A thaw names each writer that it resumes, and where that will send what it sends, as whom."""
    tried, sends = 0, 0
    for seed in range(CASES):
        with noted(f"seed {seed}"):
            random = Random(seed)
            content = json_text(random, edited(random, FENCE.model_dump(mode="json")))
            try:
                record = decode(content, FenceRecord, subject="fence")
                checked(record, FENCE.fence_id, "fence")
                stopped: dict[str, Resource | None] = {
                    item.name: {"name": item.name, resource_type(item.type).pause_by("").field: {}}
                    for item in record.writers
                }
                steps = planned_thaw(record, stopped, changed_too=True)
            except ReboundError:
                continue
            tried += record != FENCE
            text = joined(as_text(thaw_lines(record, steps)))
            writers = {item.name: item for item in record.writers}
            for step in steps:
                if step.action == "resume":
                    assert joined(printable(short_name(step))) in text
                    for address in sent(writers[step.name].before):
                        sends += 1
                        assert joined(printable(address)) in text
    assert tried > CASES // 50
    assert sends


def sent(before: Any) -> Iterator[str]:  # noqa: ANN401 - JSON of any shape
    """Yield where a subscription will push to, and as whom."""
    if isinstance(before, dict) and isinstance(address := before.get("pushEndpoint"), str):
        yield address
        token = before.get("oidcToken")
        if address and isinstance(token, dict):
            yield str(token.get("serviceAccountEmail") or "")
