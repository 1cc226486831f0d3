"""Judges audit logs: new accounts and keys, changed access, read secrets, refused calls. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from manifests.values import Resource
from recovery.ops.facts import Facts, LogEntries, Unread
from recovery.ops.security.filters import (
    DENIED,
    IAM_CHANGES,
    NEW_ACCOUNTS,
    REFUSED,
    SECRETS,
)
from recovery.ops.security.model import (
    Light,
    SecurityFinding,
    Severity,
    is_expected,
    unknown,
    well,
    wrong,
)
from recovery.units import counted, listed

PROJECT_POLICY = "project policy"

_SECRETS_API = "secretmanager.googleapis.com"
_STRONG = (
    "roles/owner",
    "roles/editor",
    "roles/iam.securityAdmin",
    "roles/resourcemanager.projectIamAdmin",
    "roles/storage.admin",
)
_EVERYBODY = ("allUsers", "allAuthenticatedUsers")


def account_findings(found: LogEntries, light: Light, _: Facts) -> Iterator[SecurityFinding]:
    """Tell of service accounts and keys that were created."""
    for entry in found.entries:
        who, made = _who(entry), _made(entry)
        if _method(entry).endswith("key"):
            what = f"{who} made a key: whoever has it is {made}"
            step = f"gcloud iam service-accounts keys list --iam-account={made}"
            yield wrong("P1", NEW_ACCOUNTS, made, what, step=step)
        else:
            expected = is_expected(made, light.security.accounts)
            what = f"{who} made it" + ("" if expected else ", and the catalog does not expect it")
            step = f"gcloud iam service-accounts describe {made}"
            yield wrong("P3" if expected else "P2", NEW_ACCOUNTS, made, what, step=step)
    yield from _nothing(found, NEW_ACCOUNTS, "no service account was made", light)


def change_findings(found: LogEntries, light: Light, _: Facts) -> Iterator[SecurityFinding]:
    """Tell of changes of access: to everybody, of strong roles, and how many there are."""
    for entry in found.entries:
        for delta in _deltas(entry):
            role, member = str(delta.get("role")), str(delta.get("member"))
            if delta.get("action") != "ADD":
                continue
            to_all = member in _EVERYBODY
            if to_all or role in _STRONG:
                what = f"{_who(entry)} granted {role} to {member}"
                step = f"gcloud projects get-iam-policy {_project(entry, light)}"
                yield wrong("P0" if to_all else "P1", IAM_CHANGES, _of(entry), what, step=step)
    number = len(found.entries)
    if number:
        by = Counter(map(_who, found.entries)).most_common()
        what = f"{counted(number, 'change')} by {listed([f'{who} {times}' for who, times in by])}"
        severity: Severity = "P2" if number >= light.security.most_changes else "P3"
        step = "rebound security --json"
        yield wrong(severity, IAM_CHANGES, "", what, step=step)
    yield from _nothing(found, IAM_CHANGES, "nobody's access was changed", light)


def secret_findings(found: LogEntries, light: Light, facts: Facts) -> Iterator[SecurityFinding]:
    """Tell who read secrets; that is unknown where such reads are not logged."""
    policy = facts.get(PROJECT_POLICY)
    if isinstance(policy, Unread) or not _is_logged(policy or {}):
        step = "Cloud Console, IAM, Audit Logs: Secret Manager, Data Read"
        yield unknown(SECRETS, "nothing logs who reads secrets (Data Access logs)", step=step)
    by = Counter(map(_who, found.entries))
    known = {who for who in by if is_expected(who, light.security.accounts)}
    for who in sorted(set(by) - known):
        names = sorted({_of(entry) for entry in found.entries if _who(entry) == who})
        what = f"read {counted(by[who], 'time')}: {listed(names)}"
        step = f"gcloud projects get-iam-policy {light.project} --flatten=bindings"
        yield wrong("P2", SECRETS, who, what, step=step)
    if known:
        what = f"{counted(len(known), 'account')} that the catalog expects read secrets"
        yield well(SECRETS, what)
    yield from _nothing(found, SECRETS, "no read of a secret was logged", light)


def denied_findings(found: LogEntries, light: Light, facts: Facts) -> Iterator[SecurityFinding]:
    """Tell how often somebody was refused: by APIs, and by services that were called."""
    others = facts.get(REFUSED)
    entries = [*found.entries, *(others.entries if isinstance(others, LogEntries) else ())]
    by = Counter(_who(entry) for entry in entries).most_common()
    if not entries:
        yield from _nothing(found, DENIED, "nobody was refused anything", light)
        return
    whole = found.is_whole and (
        others is None or (isinstance(others, LogEntries) and others.is_whole)
    )
    times = counted(len(entries), "time")
    told = listed([f"{who} {number}" for who, number in by])
    what = f"{'' if whole else 'at least '}{times} in {light.hours:g} h: {told}"
    severity: Severity = "P2" if len(entries) >= light.security.most_failed else "P3"
    yield wrong(severity, DENIED, "", what, step="rebound ops errors")


def _nothing(found: LogEntries, check: str, what: str, light: Light) -> Iterator[SecurityFinding]:
    if not found.entries:
        yield well(check, f"{what} in {light.hours:g} h")


def _is_logged(policy: Resource) -> bool:
    """Whether reads of secrets are logged (Resource Manager REST, AuditConfig)."""
    return any(
        config.get("service") in (_SECRETS_API, "allServices")
        and any(item.get("logType") == "DATA_READ" for item in config.get("auditLogConfigs", ()))
        for config in policy.get("auditConfigs", ())
    )


def _payload(entry: Resource) -> Mapping[str, object]:
    payload: Mapping[str, object] = entry.get("protoPayload", {})
    return payload


def _method(entry: Resource) -> str:
    return str(_payload(entry).get("methodName", "")).lower()


def _who(entry: Resource) -> str:
    """Return who called; an address where nobody said who he was."""
    payload = _payload(entry)
    info, request = payload.get("authenticationInfo"), payload.get("requestMetadata")
    email = info.get("principalEmail") if isinstance(info, Mapping) else None
    address = request.get("callerIp") if isinstance(request, Mapping) else None
    return str(email or address or entry.get("httpRequest", {}).get("remoteIp") or "somebody")


def _project(entry: Resource, light: Light) -> str:
    """Return the project of an entry's log: `projects/ID/logs/...` (Cloud Logging REST, LogEntry)."""
    words = str(entry.get("logName", "")).split("/")
    return words[1] if words[0] == "projects" and len(words) > 1 else light.project


def _made(entry: Resource) -> str:
    """Return the email of the account that was created, or that a key was created for."""
    response = _payload(entry).get("response")
    email = response.get("email") if isinstance(response, Mapping) else None
    labels = entry.get("resource", {}).get("labels", {})
    return str(email or labels.get("email_id") or _of(entry))


def _of(entry: Resource) -> str:
    return str(_payload(entry).get("resourceName", "")).rpartition("/")[2]


def _deltas(entry: Resource) -> Sequence[Mapping[str, object]]:
    """Return what a change of a policy added and removed, where the log tells it."""
    found: object = _payload(entry)
    for name in ("serviceData", "policyDelta", "bindingDeltas"):
        found = found.get(name, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, list) else []
