"""Where a night signs, and what who recovers believes, agree, or it is told before a disaster."""

from typing import Any

import pytest

from manifests.selection import RunSummary
from recovery.doctor.rules.signatures import key_problems, operator_key_problems, signed_problems
from recovery.health import Health
from tests.unit.manifests.test_signing import KEY, Signer
from tests.unit.samples import POINT

OURS, OTHER = Signer().pem, Signer().pem
SIGNS = {"REBOUND_SIGNING_KEY": KEY}


@pytest.mark.parametrize(
    ("environment", "trusted", "what"),
    [
        ({}, "", "one that somebody planted would be restored"),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, OURS, ""),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OTHER + OURS}, f"{OURS}\n\n{OTHER}", ""),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, "", "your REBOUND_TRUSTED_KEYS is not set"),
        ({}, OURS, "nothing that it writes is believed"),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, OTHER, "that your REBOUND_TRUSTED_KEYS lacks"),
        (
            {**SIGNS, "REBOUND_TRUSTED_KEYS": OURS},
            OURS + OTHER,
            "it believes nothing signed with that",
        ),
    ],
)
def test_keys_that_do_not_agree_are_told(environment: dict[str, Any], trusted: str, what: str):
    """Who signs and who checks have one set of keys, in whatever order; having none is not health."""
    function = {"serviceConfig": {"environmentVariables": environment}}
    found = [item.what for item in key_problems(function, "rebound-backup", trusted=trusted)]
    assert len(found) == bool(what)
    assert what in "".join(found)
    without = [*key_problems(None, "rebound-backup", trusted=trusted)]
    assert [item.health for item in without] == ([] if trusted else [Health.WARNING])


@pytest.mark.parametrize(
    ("key", "keys", "trusted", "what"),
    [
        ("", "", OURS, "no key is set: what you write is not signed"),
        (KEY, OTHER, OURS, ""),
        (KEY, "", OURS, "REBOUND_OPERATOR_KEYS is not set: nothing is checked"),
        ("", OTHER, OURS, "what you write will not be believed"),
        (KEY, OTHER + OURS, OURS, "who recovers could make a backup"),
    ],
)
def test_an_operators_keys_that_do_not_fit_are_told(key: str, keys: str, trusted: str, what: str):
    """Who signs believes the key, and it is none that manifests are believed by."""
    found = [item.what for item in operator_key_problems(key=key, keys=keys, trusted=trusted)]
    assert len(found) == bool(what)
    assert what in "".join(found)


def test_a_drill_that_signs_otherwise_is_told():
    """The function that drills writes as operators do, with their key."""
    environment = {**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}
    function = {"serviceConfig": {"environmentVariables": environment}}
    (found,) = key_problems(function, "rebound-drill", trusted=OTHER, author="operator")
    assert "your REBOUND_OPERATOR_KEYS is set, and rebound-drill signs with none" in found.what
    assert found.mend == "terraform -chdir=terraform apply -var operator_key=..."


def test_a_newest_run_that_nobody_signed_is_told():
    """Older ones are from before there was a key; without a key nothing is checked."""
    old = RunSummary(run_id="old", state="untrusted", recovery_point=POINT, reason="not signed")
    new = old.model_copy(update={"run_id": "new", "recovery_point": POINT.replace(day=25)})
    signed = new.model_copy(update={"state": "complete"})
    assert not list(signed_problems((old, signed), trusted=OURS))
    assert not list(signed_problems((), trusted=OURS))
    assert not list(signed_problems((old, new), trusted=""))
    (found,) = signed_problems((old, new), trusted=OURS)
    assert (found.what, found.mend) == (
        "the newest run, new, is not trusted: not signed",
        "rebound show new",
    )
