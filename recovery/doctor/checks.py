"""The list of checks: what is looked at, and the rule that judges it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from manifests.catalog_decisions import SHIPPED
from manifests.cloud.working import SCRATCH_DAYS
from manifests.protected import to_be_shown
from recovery.doctor.check import Check, Look, judged
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
from recovery.doctor.rules.problem import Problem
from recovery.permitted import needed, permission_table

_DRILL = "rebound-drill"


def all_checks(
    looks: Looks, *, sides: Iterable[permissions.Side], environment: Mapping[str, str]
) -> Iterator[Check]:
    """Yield every check: first of what loses backups, last of what only delays whoever mends it.

    The clock is looked at before other services have told the time.

    Args:
        looks: Looks.
        sides: The sides whose permissions the caller has to have.
        environment: The process's.
    """
    yield from _own_checks(looks, environment)
    yield from _bucket_checks(looks)
    yield from _point_checks(looks)
    yield from _dataset_checks(looks)
    yield from _deployment_checks(looks)
    for side in sides:
        yield from _permission_checks(looks, side)
    yield from _coverage_checks(looks)
    yield from _signature_checks(looks)
    path = str(looks.tools.settings.contacts)
    look = judged(own.contact_problems, looks.contacts, path)
    yield Check("contacts", path, look, "none of them is a placeholder")


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
        look = judged(deployment.identity_problems, looks.account, email)
        yield Check("identity", email, look, "it can be used")
    settings = looks.tools.settings
    environment = {f"REBOUND_{key.upper()}": getattr(settings, key) for key in deployment.SETTINGS}
    for function, hours in functions.items():
        name = f"rebound-{function}"
        email = _email(looks, name)
        look = judged(
            deployment.function_problems,
            looks.function,
            name,
            region=looks.region,
            email=email,
            environment=environment,
        )
        yield Check("function", name, look, "it is active, and has your settings")
        look = judged(
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
    table = permission_table()
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
    if settings.second_bucket and side in permissions.READING_SECOND:
        places.append((settings.second_bucket, "vault"))
    for name, on in places:
        if wanted := needed(side, on, types=types, table=table):
            found.append(check(name, wanted, looks.on_bucket))
    if wanted := permissions.of_table(side, table=table):
        found += [check(entry.table, wanted, looks.on_table) for entry in catalog.tables]
    yield from found


def _bucket_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog

    def of_bucket(rule: Callable[..., Iterator[Problem]], name: str) -> Look:
        return lambda: rule(looks.bucket(name), name, project_number=looks.project_number)

    def apart() -> Iterator[Problem]:
        places = looks.bucket(second), second
        number = looks.project_number
        return buckets.second_problems(*places, vault=looks.bucket(vault), project_number=number)

    def landing() -> Iterator[Problem]:
        return buckets.landing_problems(
            looks.bucket(settings.landing_bucket),
            settings.landing_bucket,
            location=catalog.location,
            project_number=looks.project_number,
        )

    well = "what is in it can be neither read by others nor lost at once"
    vault, second = settings.vault_bucket, settings.second_bucket
    yield Check("vault", vault, of_bucket(buckets.vault_problems, vault), well)
    if second:
        yield Check("configuration", second, apart, well)
    elif catalog.resources:
        yield Check("configuration", "", buckets.no_second_problems, "")
    well = "extracts can land in it, and journals stay"
    yield Check("landing", settings.landing_bucket, landing, well)
    for entry in catalog.buckets:
        look = judged(buckets.bucket_problems, looks.bucket, entry.bucket)
        yield Check("bucket", entry.bucket, look, "it keeps what is deleted between two nights")


def _dataset_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog
    where = {"project": looks.project, "location": catalog.location}
    working = {settings.scratch_dataset: SCRATCH_DAYS, settings.undo_dataset: settings.undo_days}
    for name, days in working.items():
        look = judged(datasets.working_problems, looks.dataset, name, days=days, **where)
        yield Check("working dataset", name, look, "copies in it lose nothing, and expire")
    for name in catalog.dataset_ids:
        look = judged(datasets.dataset_problems, looks.dataset, name, **where)
        yield Check("dataset", name, look, "nothing in it goes by itself")
    for entry in catalog.databases:
        look = judged(
            datasets.database_problems, looks.database, entry.database, project=looks.project
        )
        well = "its past can be read for seven days, and nobody deletes it by mistake"
        yield Check("database", entry.database, look, well)


def _coverage_checks(looks: Looks) -> Iterator[Check]:
    settings, catalog = looks.tools.settings, looks.tools.catalog
    for name in catalog.dataset_ids:
        look = judged(coverage.table_problems, looks.tables, name, catalog=catalog)
        yield Check("catalog", name, look, "every table that is there is protected")
    today = looks.tools.started_at.date()
    file = settings.catalog or SHIPPED
    decided = partial(coverage.decision_problems, catalog, on=today, catalog_file=file)
    well = "each to do without a drill or a backup is still needed, and holds for 30 days or more"
    yield Check("catalog", "decisions", decided, well)
    others = {
        "dataset": (*catalog.dataset_ids, *settings.working_datasets),
        "bucket": (*(entry.bucket for entry in catalog.buckets), *settings.own_buckets),
        "database": tuple(entry.database for entry in catalog.databases),
    }
    for noun, named in others.items():
        look = judged(
            coverage.unnamed_problems,
            looks.others,
            noun,
            named=named,
            decisions=catalog.left_out,
            on=today,
        )
        yield Check("catalog", f"{noun}s of {looks.project}", look, "each is protected")


def _point_checks(looks: Looks) -> Iterator[Check]:
    vault, now = looks.tools.settings.vault_bucket, looks.tools.started_at
    yield Check(
        "recovery point",
        vault,
        lambda: points.point_problems(looks.runs, now=now),
        "the newest complete run is no older than a day",
    )

    def proven() -> Iterator[Problem]:
        proofs = looks.proofs()
        owed = to_be_shown(looks.tools.catalog, looks.newest, proofs, now=now)
        return points.proven_problems(owed, proofs, now=now)

    yield Check(
        "proven point",
        vault,
        proven,
        "nothing has to be shown to restore",
    )
    yield Check(
        "verify",
        vault,
        lambda: points.verified_problems(looks.runs, looks.verdicts(), looks.shares(), now=now),
        "no run is complete: nothing can be read",
    )
    yield Check(
        "quota",
        "jobs a day",
        lambda: points.quota_problems(looks.newest),
        "a night, and a recovery of every table, stay far below what BigQuery allows",
    )


def _signature_checks(looks: Looks) -> Iterator[Check]:
    trusted, name = looks.tools.settings.trusted_keys, "rebound-backup"
    look = judged(signatures.key_problems, looks.function, name, trusted=trusted)
    yield Check("keys", name, look, "who recovers trusts just what the backup signs with")
    yield from _operator_key_checks(looks)
    if trusted:
        yield Check(
            "signature",
            looks.tools.settings.vault_bucket,
            lambda: signatures.signed_problems(looks.runs, trusted=trusted),
            "a trusted key signed the newest run",
        )


def _operator_key_checks(looks: Looks) -> Iterator[Check]:
    settings = looks.tools.settings
    key, keys = settings.operator_key, settings.operator_keys

    def own() -> Iterator[Problem]:
        return signatures.operator_key_problems(key=key, keys=keys, trusted=settings.trusted_keys)

    yield Check("keys", "you", own, "what you write is signed")
    if settings.sandbox:
        look = judged(
            signatures.key_problems, looks.function, _DRILL, trusted=keys, author="operator"
        )
        yield Check("keys", _DRILL, look, f"it signs {'' if keys else 'with none, '}as you do")


def _email(looks: Looks, name: str) -> str:
    return f"{name}@{looks.project}.iam.gserviceaccount.com"
