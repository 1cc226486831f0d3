"""What accepted documents are tried with: a genuine run, what a recovery of it would do, and what is insisted on."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from manifests import coverage
from manifests.errors import RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.layout import manifest_name
from manifests.model.run import Manifest
from manifests.store.envelope import encode
from manifests.store.vault import Vault
from recovery.kinds.decision import Origin
from recovery.kinds.known import rules_of
from recovery.kinds.resources.rules.seen import ResourcesSeen
from recovery.kinds.resources.rules.steps import ConfigurationStep
from recovery.plan.model import Plan
from recovery.plan.restorable import check_project, restorable
from recovery.plan.whole import World, make_plan
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.scenarios import ScenarioName
from recovery.units import printable, shown
from tests.fuzz.targets import NOW, OWNER
from tests.fuzz.whole import BUCKET, whole_manifest
from tests.fuzz.worlds import CONFIGURED, WORLDS
from tests.unit.memory import MemoryBucket
from tests.unit.samples import RUN, catalog
from tests.unit.worlds import request

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


def is_named(name: str, text: str) -> bool:
    """Whether a text without spaces has a name, whole or with its middle left out."""
    return any(joined(written(name)) in text for written in (printable, shown))


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
            assert all(is_named(step.own_name, it) for it in (text, short))
            continue
        names = {*CATALOG.dataset_ids, BUCKET.bucket, "(default)"}
        assert step.name.partition(".")[0] in names
        assert step.kind != "table" or CATALOG.protects(TABLES, step.name)
        assert all(is_named(step.into, it) for it in (text, short))
    if before is not None:
        assert refused(made) or not any(step.losing for step in changing)
        ours, genuine = ([step.decided for step in it.steps] for it in (made, before))
        assert ours == genuine or text != told(before) or refused(made)
    if changing:
        for member in new:
            assert is_named(member, text)


VAULT, WHOLE = accepted(encode(GENUINE))
BEFORE = {where: planned(VAULT, WHOLE, *world) for where, world in WORLDS.items()}
KNOWN = set(given_to(GENUINE.model_dump(mode="json")))
