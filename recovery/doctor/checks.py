"""The list of checks: what is looked at, and the rule that judges it; and how they are run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from manifests.cloud.working import SCRATCH_DAYS
from manifests.errors import ReboundError
from recovery.doctor.looks import Looks
from recovery.doctor.rules import (
    buckets,
    coverage,
    datasets,
    deployment,
    own,
    permissions,
    points,
    signatures,
)
from recovery.doctor.rules.problem import Problem, told
from recovery.health import Health, HealthFinding

_AT_ONCE = 8
_DRILL = "rebound-drill"

type Look = Callable[[], Iterable[Problem]]


class Check(NamedTuple):
    """One thing that is looked at.

    Attributes:
        name: What is looked at.
        subject: Of what.
        look: Looks, and returns what is wrong.
        well: What is told when nothing is.
    """

    name: str
    subject: str
    look: Look
    well: str


def examined(checks: Iterable[Check]) -> tuple[HealthFinding, ...]:
    """Run checks, some at once; one that cannot be run is unknown, and stops no other."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="doctor") as pool:
        found = pool.map(_examined, checks)
        return tuple(finding for findings in found for finding in findings)


def _examined(check: Check) -> tuple[HealthFinding, ...]:
    try:
        return told(check.name, check.subject, check.look(), well=check.well)
    except ReboundError as error:
        what = f"could not be looked at: {error.message}"
        mend = error.hint or "rebound doctor"
        return (HealthFinding(check.name, check.subject, Health.UNKNOWN, what, mend),)


def all_checks(
    looks: Looks, *, sides: Iterable[permissions.Side], environment: Mapping[str, str]
) -> Iterator[Check]:
    """Yield every check.

    Args:
        looks: Looks.
        sides: Those whose permissions who calls has to have.
        environment: The process's.
    """
    yield from _own_checks(looks, environment)
    yield from _deployment_checks(looks)
    for side in sides:
        yield from _permission_checks(looks, side)
    yield from _bucket_checks(looks)
    yield from _dataset_checks(looks)
    yield from _coverage_checks(looks)
    yield from _point_checks(looks)
    yield from _signature_checks(looks)


def _judged(
    rule: Callable[..., Iterator[Problem]],
    look: Callable[[str], Any],
    name: str,
    **how: Any,  # noqa: ANN401 - what the rule takes
) -> Look:
    """Return a look at the thing with a name, and the rule that judges it."""
    return lambda: rule(look(name), name, **how)


def _own_checks(looks: Looks, environment: Mapping[str, str]) -> Iterator[Check]:
    project, protected = looks.project, looks.tools.catalog.protected_projects
    yield Check(
        "settings",
        project,
        lambda: own.setting_problems(environment, project=project, protected=protected),
        "they name one project, which is protected",
    )
    yield Check(
        "clock",
        "this machine",
        lambda: own.clock_problems(looks.machine_time(), looks.tools.clock()),
        "it agrees with Cloud Storage's",
    )
    path = str(looks.tools.settings.contacts)
    look = _judged(own.contact_problems, looks.contacts, path)
    yield Check("contacts", path, look, "none of them is a placeholder")


def _deployment_checks(looks: Looks) -> Iterator[Check]:
    yield Check(
        "services",
        looks.project,
        lambda: deployment.service_problems(looks.enabled(), project=looks.project),
        "every API that is needed is enabled",
    )
    functions = deployment.deployed(has_sandbox=bool(looks.tools.settings.sandbox))
    for name in deployment.identities(functions):
        email = _email(looks, name)
        look = _judged(deployment.identity_problems, looks.account, email)
        yield Check("identity", email, look, "it can be used")
    settings = looks.tools.settings
    environment = {
        "REBOUND_PROJECT": looks.project,
        "REBOUND_VAULT_BUCKET": settings.vault_bucket,
        "REBOUND_LANDING_BUCKET": settings.landing_bucket,
    }
    for function, hours in functions.items():
        name = f"rebound-{function}"
        email = _email(looks, name)
        look = _judged(
            deployment.function_problems,
            looks.function,
            name,
            region=looks.region,
            email=email,
            environment=environment,
        )
        yield Check("function", name, look, "it is active, and has your settings")
        look = _judged(
            deployment.schedule_problems,
            looks.job,
            name,
            region=looks.region,
            silent_hours=hours,
            now=looks.tools.started_at,
        )
        yield Check("schedule", name, look, "it calls, and was answered")


def _permission_checks(looks: Looks, side: permissions.Side) -> Iterator[Check]:
    catalog, settings = looks.tools.catalog, looks.tools.settings
    table = permissions.permission_table()
    types = [entry.type for entry in catalog.resources]
    who = looks.who() or "who calls"

    def check(
        subject: str, wanted: frozenset[str], granted: Callable[..., frozenset[str] | None]
    ) -> Check:
        def look() -> Iterator[Problem]:
            has = granted(subject, wanted)
            return permissions.permission_problems(wanted, has, side=side, who=who)

        return Check(f"permissions to {side}", subject, look, f"{who} lacks nothing")

    of_project = permissions.of_project(side, types=types, table=table)
    found = [check(looks.project, of_project, looks.on_project)] if of_project else []
    places = [(settings.vault_bucket, "vault"), (settings.landing_bucket, "landing")]
    places += [(entry.bucket, "buckets") for entry in catalog.buckets]
    if catalog.second_bucket and side != "expiry":
        places.append((catalog.second_bucket, "vault"))
    for name, on in places:
        if wanted := permissions.needed(side, on, types=types, table=table):
            found.append(check(name, wanted, looks.on_bucket))
    if wanted := permissions.of_table(side, table=table):
        found += [check(entry.table, wanted, looks.on_table) for entry in catalog.tables]
    yield from found


def _bucket_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog

    def kept(rule: Callable[..., Iterator[Problem]], name: str) -> Look:
        return lambda: rule(looks.bucket(name), name, project_number=looks.project_number)

    def landing() -> Iterator[Problem]:
        return buckets.landing_problems(
            looks.bucket(settings.landing_bucket),
            settings.landing_bucket,
            location=catalog.location,
            project_number=looks.project_number,
        )

    well = "what is in it can be neither read by others nor lost at once"
    vault, second = settings.vault_bucket, catalog.second_bucket
    yield Check("vault", vault, kept(buckets.vault_problems, vault), well)
    if second:
        yield Check("configuration", second, kept(buckets.second_problems, second), well)
    well = "extracts can land in it, and journals stay"
    yield Check("landing", settings.landing_bucket, landing, well)
    for entry in catalog.buckets:
        look = _judged(buckets.bucket_problems, looks.bucket, entry.bucket)
        yield Check("bucket", entry.bucket, look, "it keeps what is deleted between two nights")


def _dataset_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog
    where = {"project": looks.project, "location": catalog.location}
    working = {settings.scratch_dataset: SCRATCH_DAYS, settings.undo_dataset: settings.undo_days}
    for name, days in working.items():
        look = _judged(datasets.working_problems, looks.dataset, name, days=days, **where)
        yield Check("working dataset", name, look, "copies in it lose nothing, and expire")
    for name in catalog.dataset_ids:
        look = _judged(datasets.dataset_problems, looks.dataset, name, **where)
        yield Check("dataset", name, look, "nothing in it goes by itself")
    for entry in catalog.databases:
        look = _judged(
            datasets.database_problems, looks.database, entry.database, project=looks.project
        )
        well = "its past can be read for seven days, and nobody deletes it by mistake"
        yield Check("database", entry.database, look, well)


def _coverage_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog
    for name in catalog.dataset_ids:
        look = _judged(coverage.table_problems, looks.tables, name, catalog=catalog)
        yield Check("catalog", name, look, "every table that is there is protected")
    own_buckets = [name for name in (*settings.own_buckets, catalog.second_bucket) if name]
    others = {
        "dataset": (*catalog.dataset_ids, *settings.working_datasets),
        "bucket": (*(entry.bucket for entry in catalog.buckets), *own_buckets),
        "database": tuple(entry.database for entry in catalog.databases),
    }
    for noun, named in others.items():
        look = _judged(coverage.unnamed_problems, looks.others, noun, named=named)
        yield Check("catalog", f"{noun}s of {looks.project}", look, "each is protected")


def _point_checks(looks: Looks) -> Iterator[Check]:
    vault, now = looks.tools.settings.vault_bucket, looks.tools.started_at
    yield Check(
        "recovery point",
        vault,
        lambda: points.point_problems(looks.runs, now=now),
        "the newest complete run is no older than a day",
    )
    yield Check(
        "verify",
        vault,
        lambda: points.verified_problems(looks.runs, looks.verdicts(), looks.shares(), now=now),
        "what is stored was read lately, and is whole",
    )
    yield Check(
        "quota",
        "jobs a day",
        lambda: points.quota_problems(looks.newest()),
        "a night, and a recovery of every table, stay far below what BigQuery allows",
    )


def _signature_checks(looks: Looks) -> Iterator[Check]:
    trusted, name = looks.tools.settings.trusted_keys, "rebound-backup"
    look = _judged(signatures.key_problems, looks.function, name, trusted=trusted)
    well = (
        "who recovers trusts just what the backup signs with"
        if trusted
        else "no key is set: nothing is signed, and everything is believed"
    )
    yield Check("keys", name, look, well)
    yield from _operator_key_checks(looks)
    yield Check(
        "signature",
        looks.tools.settings.vault_bucket,
        lambda: signatures.signed_problems(looks.runs, trusted=trusted),
        "a trusted key signed the newest run" if trusted else "nothing is checked without a key",
    )


def _operator_key_checks(looks: Looks) -> Iterator[Check]:
    settings = looks.tools.settings
    key, keys = settings.operator_key, settings.operator_keys

    def own() -> Iterator[Problem]:
        return signatures.operator_key_problems(key=key, keys=keys, trusted=settings.trusted_keys)

    well = "what you write is signed" if key else "no key is set: what you write is not signed"
    yield Check("keys", "you", own, well)
    if settings.sandbox:
        look = _judged(
            signatures.key_problems, looks.function, _DRILL, trusted=keys, author="operator"
        )
        yield Check("keys", _DRILL, look, "it signs as you do" if keys else well)


def _email(looks: Looks, name: str) -> str:
    return f"{name}@{looks.project}.iam.gserviceaccount.com"
