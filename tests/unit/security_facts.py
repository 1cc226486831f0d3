"""Facts that the checks of security judge, as tests make them."""

import re
from datetime import UTC, datetime
from typing import Any

from manifests.catalog_operations import Security
from recovery.ops.facts import Facts, LogEntries, Vaulted
from recovery.ops.security.checks import security_findings
from recovery.ops.security.model import Light, SecurityFinding

_DANGEROUS = re.compile(
    r"remove-iam|keys d(?:elete|isable)|--lock-|--end|--uniform-|--invoker-iam-check"
)
NOW = datetime(2026, 12, 4, 20, tzinfo=UTC)
LIGHT = Light(
    NOW,
    24,
    "p",
    "the-vault",
    Security(
        accounts=("nba-*", "serviceAccount:x"),
        public=("site",),
        deleters=("group:expiry@*",),
        break_glass=("nba-emergency-admin@*",),
        most_changes=3,
        most_failed=2,
    ),
)
RESTORE = "serviceAccount:rebound-restore@p.iam.gserviceaccount.com"
LOGGED = {
    "auditConfigs": [
        {"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ"}]},
    ]
}
VAULT_BUCKET: dict[str, Any] = {
    "projectNumber": "2",
    "iamConfiguration": {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": {"enabled": True},
    },
    "encryption": {
        "customerManagedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
        "customerSuppliedEncryptionEnforcementConfig": {"restrictionMode": "FullyRestricted"},
    },
    "retentionPolicy": {"retentionPeriod": "2592000", "isLocked": True},
    "defaultEventBasedHold": True,
    "softDeletePolicy": {"retentionDurationSeconds": "604800"},
}


def found(check: str, fact: Any, **others: Any) -> list[tuple[str | None, str]]:  # noqa: ANN401 - facts
    """Return the severity and the subject of each finding of one check."""
    facts: Facts = {check: fact, **others}
    findings = judged(facts)
    assert all(it.finding.mend for it in findings if it.severity)
    return [(it.severity, it.finding.subject) for it in findings]


def judged(facts: Facts) -> list[SecurityFinding]:
    """Return the findings; a step that takes away or makes final says so, and no other does."""
    findings = security_findings(facts, LIGHT)
    for item in findings:
        is_over = "is over since" in item.finding.what  # what it takes away nobody has any more
        is_dangerous = bool(_DANGEROUS.search(item.finding.mend)) and not is_over
        assert bool(item.finding.danger) == is_dangerous, item
    return findings


def entries(*payloads: dict[str, Any], is_whole: bool = True) -> LogEntries:
    """Return audit logs with these payloads."""
    return LogEntries([{"protoPayload": payload} for payload in payloads], is_whole)


def payload(method: str, who: str = "ann@example.com", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what an audit log says of a call."""
    return {"methodName": method, "authenticationInfo": {"principalEmail": who}, **more}


def policy(*bindings: tuple[str, str, str | None]) -> dict[str, Any]:
    """Return a policy: roles, members, and until when."""
    return {
        "bindings": [
            {"role": role, "members": [member]}
            | (
                {"condition": {"expression": f'request.time < timestamp("{until}")'}}
                if until
                else {}
            )
            for role, member, until in bindings
        ]
    }


def vaulted(**changes: Any) -> Vaulted:  # noqa: ANN401 - any field
    """Return a vault that only the expiry group can delete in."""
    made: dict[str, Any] = {
        "bucket": VAULT_BUCKET,
        "policy": policy(("roles/storage.objectAdmin", "group:expiry@example.com", None)),
        "project_policy": policy(("roles/viewer", "user:ann@example.com", None)),
        "project_name": "2",
        "project_number": "1",
        "roles": {},
    }
    return Vaulted(**made | changes)
