"""What logs, policies and keys say turns into findings with a severity and a step."""

from datetime import timedelta
from typing import Any

import pytest

from recovery.health import Health, worst
from recovery.ops.facts import Facts, LogEntries, Unread
from recovery.ops.security.access_rules import BREAK_GLASS, DELETERS, KEYS, PUBLIC, VAULT
from recovery.ops.security.checks import ACCOUNT_KEYS, RULES, SERVICES, VAULTED
from recovery.ops.security.document import security_document, security_json
from recovery.ops.security.filters import (
    DENIED,
    IAM_CHANGES,
    NEW_ACCOUNTS,
    REFUSED,
    RESTORED,
    SECRETS,
)
from recovery.ops.security.log_rules import PROJECT_POLICY
from recovery.report.text import text_of
from tests.unit.security_facts import (
    LIGHT,
    LOGGED,
    NOW,
    RESTORE,
    VAULT_BUCKET,
    entries,
    found,
    judged,
    payload,
    policy,
    vaulted,
)


def test_new_accounts_and_keys():
    """A key is worse than an account, and one that nobody expects worse than one of ours."""
    made = "google.iam.admin.v1.CreateServiceAccount"
    ours = payload(made, response={"email": "nba-new@p.iam.gserviceaccount.com"})
    other = payload(made, response={"email": "x1@p.iam.gserviceaccount.com"})
    key = payload(f"{made}Key", resourceName="projects/-/serviceAccounts/12")
    assert found(NEW_ACCOUNTS, entries(ours, other, key)) == [
        ("P3", "nba-new@p.iam.gserviceaccount.com"),
        ("P2", "x1@p.iam.gserviceaccount.com"),
        ("P1", "12"),
    ]
    assert found(NEW_ACCOUNTS, entries()) == [(None, "")]


def granted(role: str, member: str, action: str = "ADD") -> dict[str, Any]:
    """Return the log of a change of a policy."""
    delta = {"action": action, "role": role, "member": member}
    return payload(
        "SetIamPolicy",
        resourceName="projects/p",
        serviceData={"policyDelta": {"bindingDeltas": [delta]}},
    )


def test_changes_of_access():
    """What everybody can do from now on is told at once; many changes are told sooner than few."""
    weak = granted("roles/viewer", "user:bob@example.com")
    assert found(IAM_CHANGES, entries(weak)) == [("P3", "")]
    assert found(IAM_CHANGES, entries(weak, weak, weak)) == [("P2", "")]
    assert found(IAM_CHANGES, entries(granted("roles/viewer", "allUsers"))) == [
        ("P0", "p"),
        ("P3", ""),
    ]
    assert found(IAM_CHANGES, entries(granted("roles/owner", "user:bob@example.com")))[0] == (
        "P1",
        "p",
    )
    removed = granted("roles/owner", "user:bob@example.com", "REMOVE")
    assert found(IAM_CHANGES, entries(removed)) == [("P3", "")]
    whole = payload("google.iam.admin.v1.SetIAMPolicy", response={"bindings": []})
    assert found(IAM_CHANGES, entries(whole)) == [("P3", "")]


def test_secrets_are_read_by_whom_the_catalog_expects():
    """Others are told; where nothing is logged nobody knows."""
    read = "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"
    ours = payload(read, "nba-scrapers@p.iam.gserviceaccount.com")
    person = payload(read, resourceName="projects/1/secrets/KEY/versions/1")
    assert found(SECRETS, entries(ours, person), **{PROJECT_POLICY: LOGGED})[:1] == [
        ("P2", "ann@example.com"),
    ]
    assert found(SECRETS, entries(ours), **{PROJECT_POLICY: LOGGED})[0] == (None, "")
    for policies in ({}, {"auditConfigs": [{"service": "x"}]}, Unread("answered 403", "x")):
        told = judged({SECRETS: entries(ours), PROJECT_POLICY: policies})
        of_it = [it.finding.health for it in told if it.finding.check == SECRETS]
        assert of_it == [Health.UNKNOWN], "what is not logged is not healthy"


def test_refusals_are_counted():
    """Of APIs and of services alike, by who was refused; more than were read is told."""
    denied = payload("a", status={"code": 7})
    request = LogEntries([{"httpRequest": {"status": 403, "remoteIp": "203.0.113.9"}}])
    assert found(DENIED, entries(denied), **{REFUSED: LogEntries([])})[0] == ("P3", "")
    facts = {DENIED: entries(denied), REFUSED: request}
    (one,) = judged(facts)
    assert one.severity == "P2"
    assert one.finding.what == "2 times in 24 h: ann@example.com 1, 203.0.113.9 1"
    cut = {DENIED: entries(denied, is_whole=False), REFUSED: request}
    assert "at least 2 times" in judged(cut)[0].finding.what
    unread = {DENIED: entries(denied), REFUSED: Unread("answered 403", "x")}
    assert "at least 1 time" in judged(unread)[0].finding.what
    assert found(DENIED, entries(), **{REFUSED: LogEntries([])})[0] == (None, "")


def service(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields
    """Return a service as the list has it."""
    return {"name": f"projects/p/locations/us-west2/services/{name}", **more}


def test_public_services():
    """A service is open by its policy, or because none is asked for; Rebound's own is worst."""
    everybody = policy(("roles/run.invoker", "allUsers", None))
    closed = policy(("roles/run.invoker", RESTORE, None))
    services = [
        (service("rebound-backup"), everybody),
        (service("scrapers", invokerIamDisabled=True), closed),
        (service("site"), everybody),
        (service("shut"), closed),
        (service("new"), {}),
    ]
    assert found(SERVICES, services) == [
        ("P0", "rebound-backup"),
        ("P1", "scrapers"),
    ], "a check that found something is not healthy"
    told = [item.finding for item in judged({SERVICES: services})]
    (fine,) = (item.finding for item in judged({SERVICES: services[2:]}))
    expected = "1 of 3 services are open to everybody, as the catalog expects"
    assert (fine.check, fine.what) == (PUBLIC, expected)
    # No policy counts where the check is off: taking a grant away would close nothing.
    assert told[1].mend.endswith("scrapers --region=us-west2 --invoker-iam-check")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"retentionPolicy": {"retentionPeriod": "1"}}, "P3"),
        ({"retentionPolicy": {}}, "P1"),
        ({"defaultEventBasedHold": False}, "P2"),
        ({"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}, "P1"),
    ],
    ids=["safe", "not locked", "no retention", "no hold", "may be public"],
)
def test_vault(changes: dict[str, Any], expected: str | None):
    """What protects the backups from loss and from others."""
    facts: Facts = {VAULTED: vaulted(bucket=VAULT_BUCKET | changes)}
    of_vault = [it for it in judged(facts) if it.finding.check == VAULT]
    assert [it.severity for it in of_vault] == [expected]


@pytest.mark.parametrize(
    ("where", "role", "member", "expected"),
    [
        ("policy", "roles/storage.admin", "user:ann@example.com", "P1"),
        ("policy", "roles/storage.objectViewer", "user:ann@example.com", None),
        ("policy", "roles/storage.objectViewer", "allAuthenticatedUsers", "P0"),
        ("policy", "roles/storage.objectAdmin", "serviceAccount:rebound-backup@p.iam.gserviceaccount.com", "P0"),
        ("policy", "projects/p/roles/adds", "user:ann@example.com", None),
        ("policy", "projects/p/roles/deletes", "user:ann@example.com", "P1"),
        ("policy", "projects/p/roles/unread", "user:ann@example.com", "P1"),
        ("policy", "roles/storage.legacyBucketOwner", "projectEditor:p", "P1"),
        ("project_policy", "roles/owner", "user:ann@example.com", "P1"),
        ("project_policy", "roles/storage.folderAdmin", "user:ann@example.com", "P1"),
        ("project_policy", "roles/resourcemanager.projectIamAdmin", "user:ann@example.com", "P1"),
        ("project_policy", "roles/editor", "group:expiry@example.com", None),
    ],
)  # fmt: skip
def test_who_can_delete(where: str, role: str, member: str, expected: str | None):
    """Anybody whom the catalog does not name, on the vault or on its project."""
    roles = {
        "projects/p/roles/adds": frozenset({"storage.objects.create"}),
        "projects/p/roles/deletes": frozenset({"storage.objects.delete"}),
    }
    facts: Facts = {VAULTED: vaulted(**{where: policy((role, member, None)), "roles": roles})}
    of_deleters = [it for it in judged(facts) if it.finding.check == DELETERS]
    assert [it.severity for it in of_deleters] == [expected]


def test_what_may_stop_without_a_role_is_told():
    """The step is a command that an operator pastes."""
    email = "nba@p.iam.gserviceaccount.com"
    editors = policy(("roles/editor", f"serviceAccount:{email}", None))
    services = [(service("scrapers", template={"serviceAccount": email}), {}), (service("x"), {})]
    facts: Facts = {SERVICES: services, VAULTED: vaulted(project_policy=editors)}
    (told,) = (it for it in judged(facts) if it.finding.check == DELETERS)
    assert "1 service that run as it (scrapers) may stop: grant first" in told.finding.what
    alone: Facts = {SERVICES: Unread("no", "x"), VAULTED: vaulted(project_policy=editors)}
    (told,) = (it for it in judged(alone) if it.finding.check == DELETERS)
    assert "what runs as it may stop" in told.finding.what


def test_keys():
    """Rebound's identities have none; others grow old."""
    keys = {
        "rebound-backup@p.iam.gserviceaccount.com": [key(1)],
        "nba-old@p.iam.gserviceaccount.com": [key(400), key(10)],
        "nba-none@p.iam.gserviceaccount.com": [],
    }
    assert found(ACCOUNT_KEYS, keys) == [
        ("P2", "nba-old@p.iam.gserviceaccount.com"),
        ("P1", "rebound-backup@p.iam.gserviceaccount.com"),
    ]
    old, own = (it.finding for it in judged({ACCOUNT_KEYS: keys}))
    assert own.check == KEYS
    assert old.mend.startswith("gcloud iam service-accounts keys disable 1 --iam-account=nba-old@")
    assert "keys enable" in old.danger
    assert own.mend.startswith("gcloud iam service-accounts keys delete 1 --iam-account=rebound-")
    assert 'stops when its token ends; "keys disable" first can be undone' in own.danger


def test_a_key_that_was_disabled_long_ago_can_go():
    """The step for an old one was taken: the next is final, and says so."""
    email = "nba-old@p.iam.gserviceaccount.com"
    off = {email: [key(400) | {"disabled": True}]}
    assert found(ACCOUNT_KEYS, off) == [("P3", email)]
    (told,) = (it.finding for it in judged({ACCOUNT_KEYS: off}))
    assert "keys delete" in told.mend
    assert told.danger.startswith("CANNOT BE UNDONE")


def key(days: int) -> dict[str, Any]:
    """Return a key that is some days old."""
    return {
        "name": "projects/p/serviceAccounts/x/keys/1",
        "validAfterTime": (NOW - timedelta(days=days)).isoformat(),
    }


@pytest.mark.parametrize(
    ("member", "until", "expected"),
    [
        (RESTORE, None, "P1"),
        (RESTORE, "2026-12-04T22:00:00Z", "P2"),
        (RESTORE, "2026-12-24T22:00:00Z", "P1"),
        (RESTORE, "2026-12-03T22:00:00Z", "P3"),
        ("serviceAccount:nba-emergency-admin@p.iam.gserviceaccount.com", None, "P1"),
        ("user:ann@example.com", None, None),
    ],
)
def test_break_glass(member: str, until: str | None, expected: str | None):
    """A grant for an emergency ends; one that does not, or was forgotten, is told."""
    fact = policy(("projects/p/roles/restore", member, until))
    assert [severity for severity, _ in found(PROJECT_POLICY, fact)] == [expected]
    for used, told in (
        (entries(), "and no log tells of its use"),
        (Unread("no", "x"), "is unknown"),
    ):
        facts: Facts = {PROJECT_POLICY: fact, RESTORED: used}
        finding = judged(facts)[0].finding
        assert finding.check == BREAK_GLASS
        if until and expected in ("P1", "P2"):
            assert told in finding.what


@pytest.mark.parametrize("name", [name for name in RULES if name])
def test_what_cannot_be_read_is_unknown(name: str):
    """Not one check passes for not having been made."""
    (one,) = judged({name: Unread("answered 403", "grant x")})
    assert (one.severity, one.finding.health, one.finding.mend) == ("P1", Health.UNKNOWN, "grant x")


def test_document():
    """The most urgent comes first, with its step; what is well is told, too."""
    facts: Facts = {
        NEW_ACCOUNTS: entries(
            payload("google.iam.admin.v1.CreateServiceAccount", response={"email": "a"})
        ),
        SERVICES: [(service("rebound-backup"), policy(("r", "allUsers", None)))],
        ACCOUNT_KEYS: {},
    }
    assert "open to everybody" not in text_of(security_document(judged(facts), LIGHT))
    told = judged(facts)
    text = text_of(security_document(told, LIGHT))
    assert text.index("P0") < text.index("P2") < text.index("The steps") < text.index("healthy")
    warned = "SHUTS OUT whoever calls it and was not granted it by name: gcloud run services remove-iam-pol"
    assert warned in text
    assert "1 of P0, 1 of P2" in text
    as_json = security_json(told, LIGHT)
    assert as_json["health"] is worst(it.finding.health for it in told) is Health.CRITICAL
    assert {it["severity"] for it in as_json["findings"]} == {"P0", "P2", None}
