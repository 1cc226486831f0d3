"""A manifest that somebody changed and every check accepts does nothing that its plan does not tell."""

from collections.abc import Iterator
from random import Random
from typing import Any

from manifests import coverage
from manifests.errors import ReboundError, RefusedError
from manifests.kinds.tables.kind import TABLES
from manifests.layout import manifest_name
from manifests.model.run import Manifest
from manifests.references import definitions_of
from manifests.store.envelope import encode
from manifests.store.vault import Vault
from recovery.compare.observed import ObservedTable
from recovery.kinds.buckets.rules.access import PresentBucket
from recovery.kinds.buckets.rules.buckets import SeenBucket
from recovery.kinds.buckets.rules.seen import BucketsSeen
from recovery.kinds.decision import Origin
from recovery.kinds.tables.rules.seen import TablesSeen
from recovery.plan.model import Plan
from recovery.plan.restorable import check_project, restorable
from recovery.plan.whole import World, make_plan
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from recovery.units import shown
from tests.fuzz.targets import NOW, OWNER, TARGETS
from tests.fuzz.test_decoders import CASES
from tests.fuzz.whole import BUCKET, whole_manifest
from tests.unit.memory import MemoryBucket
from tests.unit.samples import RUN, catalog
from tests.unit.worlds import request, world

GENUINE = whole_manifest()
# Of what the genuine run holds one dataset and one table are not protected any more.
CATALOG = catalog(buckets=[{"bucket": BUCKET.bucket}])
EQUAL, NOTHING = world(), TablesSeen(datasets={}, tables={}, definitions={}, observed_at=NOW)


def accepted(content: bytes) -> tuple[Vault, Manifest]:
    """Return a vault and the manifest that it takes for that of its run."""
    bucket: Any = MemoryBucket()
    bucket.objects[manifest_name(RUN)] = content
    vault = Vault(bucket, OWNER, clock=lambda: NOW)
    return vault, vault.manifest(RUN)


def tables_as(known: TablesSeen, found: Manifest) -> World:
    """Return BigQuery as it is, where nothing is that only this manifest names."""
    return {
        "tables": TablesSeen(
            datasets={it.dataset_id: known.datasets.get(it.dataset_id) for it in found.datasets},
            tables={
                it.name: known.tables.get(it.name, ObservedTable(resource=None))
                for it in found.tables
            },
            definitions={
                name: known.definitions.get(name)
                for item in found.datasets
                for name, _, _ in definitions_of(item)
            },
            observed_at=NOW,
        )
    }


def bucket_gone(found: Manifest) -> World:
    """Return Cloud Storage without the bucket."""
    nothing = SeenBucket(
        exists=False, keeps_replaced=True, objects=0, equal=0, counts=(), samples=()
    )
    return {
        "buckets": BucketsSeen(
            buckets={item.bucket: nothing for item in found.buckets},
            present={item.bucket: PresentBucket() for item in found.buckets},
        )
    }


WORLDS = {
    "equal": ("bigquery-dataset-loss", lambda found: tables_as(EQUAL, found)),
    "gone": ("bigquery-dataset-loss", lambda found: tables_as(NOTHING, found)),
    "bucket gone": ("gcs-bucket-corruption", bucket_gone),
}


def planned(vault: Vault, found: Manifest, where: str) -> Plan:
    """Return what a recovery would do with everything that it can be asked to set back."""
    scenario, seen = WORLDS[where]
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


def decided(made: Plan) -> list[object]:
    """Return what of each step was decided."""
    return [step.decided for step in made.steps]


def given_by(found: Manifest, made: Plan) -> set[str]:
    """Return everybody to whom what is brought back of a manifest gives something."""
    origin = restorable(CATALOG, Origin(found), made.request, now=NOW).run
    is_bucket = made.request.scenario == "gcs-bucket-corruption"
    parts = origin.buckets if is_bucket else (*origin.datasets, *origin.tables)
    return set(given_to([item.model_dump(mode="json") for item in parts]))


def check(found: Manifest, made: Plan, before: Plan) -> int:
    """Insist that a plan writes what the catalog names, and tells the rest; return to how many it gives."""
    text, changing = told(made), [step for step in made.steps if step.changes]
    for step in changing:
        assert step.name.partition(".")[0] in {*CATALOG.dataset_ids, BUCKET.bucket}
        assert step.kind != "table" or CATALOG.protects(TABLES, step.name)
        assert joined(shown(step.into)) in text
    assert refused(made) or not any(step.losing for step in changing)
    assert decided(made) == decided(before) or text != told(before) or refused(made)
    new = given_by(found, made) - KNOWN if changing else set()
    for member in new:
        assert joined(shown(member)) in text
    return len(new)


VAULT, WHOLE = accepted(encode(GENUINE))
BEFORE = {where: planned(VAULT, WHOLE, where) for where in WORLDS}
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
            try:
                made = planned(vault, found, where)
            except ReboundError:
                continue
            try:
                gives += check(found, made, before)
            except AssertionError as error:
                error.add_note(f"{where}, seed {seed}")
                raise
    assert tried > CASES // 50
    assert gives
