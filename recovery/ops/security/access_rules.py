"""Judges present access: to services, to the backups, and by keys of service accounts. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from manifests.shapes import inner
from manifests.values import Resource
from recovery.doctor.rules.buckets import vault_problems
from recovery.health import Health
from recovery.ops.break_glass.rules import is_emergency
from recovery.ops.facts import Facts, LogEntries, Unread, Vaulted
from recovery.ops.security.filters import RESTORED
from recovery.ops.security.model import Light, SecurityFinding, Severity, is_expected, well, wrong
from recovery.units import age, counted, listed

SERVICES = "services"
PUBLIC, VAULT, DELETERS, KEYS, BREAK_GLASS = (
    "public services",
    "vault",
    "who can delete",
    "keys",
    "break-glass",
)
_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_DELETES = frozenset(
    f"roles/{name}"
    for name in (
        "owner",
        "editor",
        "iam.securityAdmin",
        "resourcemanager.projectIamAdmin",
        "storage.admin",
        "storage.folderAdmin",
        "storage.objectAdmin",
        "storage.objectUser",
        "storage.legacyBucketOwner",
        "storage.legacyBucketWriter",
        "storage.legacyObjectOwner",
    )
)
"""Roles that delete, overwrite or grant (Cloud Storage, IAM roles; IAM roles and permissions)."""
_DELETING = {
    "storage.objects.delete",
    "storage.objects.update",
    "storage.buckets.delete",
    "storage.buckets.update",
    "storage.buckets.setIamPolicy",
}
_FOR_EVER = (
    "CANNOT BE UNDONE: nobody shortens it or ends it, and what is held is paid for until then"
)
_TAKES_AWAY = "MAY STOP what uses this role"
# No token ends with its key (IAM REST, serviceAccounts.keys.delete).
_LAST_OF_KEY = (
    "CANNOT BE UNDONE: what still uses the key stops when its token ends; "
    '"keys disable" first can be undone'
)
_OFF = 'MAY STOP what still uses the key; "keys enable" undoes it'
_ENDS_GRANT = "MAY STOP a recovery that is under way"
_UNTIL = re.compile(r'request\.time < timestamp\("([^"]+)"\)')
_DAY = timedelta(days=1)


def public_findings(
    services: Sequence[tuple[Resource, Resource]], light: Light, _: Facts
) -> Iterator[SecurityFinding]:
    """Tell which services everybody can call: their policy grants it, or they do not check their policy."""
    open_ones = 0
    for service, policy in services:
        name = str(service["name"]).rpartition("/")[2]
        granted = [
            (member, str(binding["role"]))
            for binding in policy.get("bindings", ())
            for member in sorted(_EVERYBODY.intersection(binding["members"]))
        ]
        is_unchecked = bool(service.get("invokerIamDisabled"))
        if not (granted or is_unchecked):
            continue
        open_ones += 1
        if is_expected(name, light.security.public):
            continue
        location = str(service["name"]).split("/")[3]
        steps = [
            f"gcloud run services remove-iam-policy-binding {name} --region={location} "
            f"--member={member} --role={role} --all"
            for member, role in granted
        ]
        if is_unchecked:
            # Cloud Run, Allowing public access: without the check no policy counts.
            steps.append(
                f"gcloud run services update {name} --region={location} --invoker-iam-check"
            )
        step = " && ".join(steps)
        severity: Severity = "P0" if name.startswith("rebound-") else "P1"
        danger = "SHUTS OUT whoever calls it and was not granted it by name"
        yield wrong(severity, PUBLIC, name, "everybody can call it", step=step, danger=danger)
    number = counted(len(services), "service")
    yield well(PUBLIC, f"{open_ones} of {number} are open to everybody, as the catalog expects")


def vault_findings(found: Vaulted, light: Light, _: Facts) -> Iterator[SecurityFinding]:
    """Tell what lets backups be lost or read by others: retention, holds, public access."""
    problems = list(vault_problems(found.bucket, light.vault, project_number=found.project_number))
    for problem in problems:
        severity: Severity = "P1" if problem.health is Health.CRITICAL else "P2"
        told, danger = problem.what, problem.danger
        yield wrong(severity, VAULT, light.vault, told, step=problem.mend, danger=danger)
    retention = (found.bucket or {}).get("retentionPolicy") or {}
    if retention and not retention.get("isLocked"):
        what = "its retention policy is not locked: who administers the bucket can end it"
        step = f"gcloud storage buckets update gs://{light.vault} --lock-retention-period"
        yield wrong("P3", VAULT, light.vault, what, step=step, danger=_FOR_EVER)
    elif not problems:
        yield well(VAULT, "it keeps what is in it, and is closed to everybody else")


def deleter_findings(found: Vaulted, light: Light, facts: Facts) -> Iterator[SecurityFinding]:
    """Tell who can delete, overwrite or grant in the vault and is not to."""
    granted = sorted(
        {
            (str(member), str(binding["role"]), place)
            for place, policy in (("bucket", found.policy), ("project", found.project_policy))
            for binding in policy.get("bindings", ())
            for member in binding["members"]
            if member in _EVERYBODY or _deletes(str(binding["role"]), found.roles)
        }
    )
    backup = f"serviceAccount:{light.own('backup')}"
    unexpected = [item for item in granted if not is_expected(item[0], light.security.deleters)]
    for member, role, place in unexpected:
        severity: Severity = "P0" if member in (*_EVERYBODY, backup) else "P1"
        what = f"it has {role} on the {place}, and the catalog does not name it"
        what += _stopping(member, facts)
        if place == "bucket":
            step = (
                f"gcloud storage buckets remove-iam-policy-binding gs://{light.vault} "
                f"--member={member} --role={role} --all"
            )
        else:
            step = (
                f"gcloud projects remove-iam-policy-binding {found.project_name} "
                f"--member={member} --role={role} --all"
            )
        yield wrong(severity, DELETERS, member, what, step=step, danger=_TAKES_AWAY)
    if not unexpected:
        members = sorted({member for member, _, _ in granted})
        yield well(DELETERS, f"only whom the catalog names: {listed(members) or 'nobody'}")


def _stopping(member: str, facts: Facts) -> str:
    """Say what may stop when a role is taken from a service account; empty for any other member."""
    kind, _, email = member.partition(":")
    if kind != "serviceAccount":
        return ""
    services = facts.get(SERVICES)
    known = [] if services is None or isinstance(services, Unread) else services
    running = [
        str(service["name"]).rpartition("/")[2]
        for service, _ in known
        if inner(service, "template").get("serviceAccount") == email
    ]
    number = counted(len(running), "service")
    names = f"{number} that run as it ({listed(running)})" if running else "what runs as it"
    return f"; without it {names} may stop: grant first what they need"


def key_findings(
    keys: Mapping[str, Sequence[Resource]], light: Light, _: Facts
) -> Iterator[SecurityFinding]:
    """Tell of keys of service accounts: any of Rebound's own identities, and others that are old."""
    number = 0
    for email, its in sorted(keys.items()):
        for key in its:
            number += 1
            made = datetime.fromisoformat(str(key["validAfterTime"]))
            old = light.now - made
            name = str(key["name"]).rpartition("/")[2]
            delete = f"gcloud iam service-accounts keys delete {name} --iam-account={email}"
            if email.startswith("rebound-"):
                what = "it has a key, and needs none: whoever has it is this identity"
                yield wrong("P1", KEYS, email, what, step=delete, danger=_LAST_OF_KEY)
            elif old > timedelta(days=light.security.key_days):
                what = f"a key of it is {age(old.total_seconds())} old"
                disable = f"gcloud iam service-accounts keys disable {name} --iam-account={email}"
                if key.get("disabled"):
                    what += ", and is disabled: nobody needs it"
                    yield wrong("P3", KEYS, email, what, step=delete, danger=_LAST_OF_KEY)
                else:
                    yield wrong("P2", KEYS, email, what, step=disable, danger=_OFF)
    told = f"{counted(len(keys), 'account')} with {counted(number, 'key')}"
    yield well(KEYS, told)


def break_glass_findings(policy: Resource, light: Light, facts: Facts) -> Iterator[SecurityFinding]:
    """Tell which grants for an emergency still stand, until when, and whether they are used."""
    restore = f"serviceAccount:{light.own('restore')}"
    vaulted = facts.get(VAULT)
    of_vault = vaulted.policy if isinstance(vaulted, Vaulted) else {}
    project = f"gcloud projects remove-iam-policy-binding {light.project}"
    vault = f"gcloud storage buckets remove-iam-policy-binding gs://{light.vault}"
    grants = [
        (str(member), binding, where, taken_back)
        for where, found, taken_back in (
            (f"on {light.project}", policy, project),
            (f"on gs://{light.vault}", of_vault, vault),
        )
        for binding in found.get("bindings", ())
        for member in binding["members"]
        if member == restore
        or is_expected(str(member).partition(":")[2], light.security.break_glass)
    ]
    for member, binding, where, taken_back in grants:
        until = _until(binding)
        role = f"{binding['role']} {where}"
        step = (
            "rebound break-glass --end"
            if is_emergency(binding)
            else f"{taken_back} --member={member} --role={binding['role']} --all"
        )
        if until is None:
            what = f"it has {role} without an end"
            yield wrong("P1", BREAK_GLASS, member, what, step=step, danger=_ENDS_GRANT)
        elif until > light.now:
            severity: Severity = "P1" if until - light.now > _DAY else "P2"
            what = f"it has {role} until {until:%Y-%m-%d %H:%M} UTC"
            what += _use(facts)
            yield wrong(severity, BREAK_GLASS, member, what, step=step, danger=_ENDS_GRANT)
        else:
            what = f"its grant of {role} is over since {until:%Y-%m-%d %H:%M} UTC"
            yield wrong("P3", BREAK_GLASS, member, what, step=step)
    if not grants:
        yield well(BREAK_GLASS, "no grant for an emergency stands")


def _use(facts: Facts) -> str:
    used = facts.get(RESTORED)
    if not isinstance(used, LogEntries):
        return ", whether it is used is unknown"
    return "" if used.entries else ", and no log tells of its use"


def _until(binding: Resource) -> datetime | None:
    found = _UNTIL.search(str(binding.get("condition", {}).get("expression", "")))
    return None if found is None else datetime.fromisoformat(found[1])


def _deletes(role: str, roles: Mapping[str, frozenset[str]]) -> bool:
    """Whether a role deletes, overwrites or grants; a custom one that cannot be read may."""
    if role.startswith("roles/"):
        return role in _DELETES
    return role not in roles or bool(roles[role] & _DELETING)
