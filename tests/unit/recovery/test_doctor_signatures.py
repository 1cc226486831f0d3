"""Where a night signs, and what who recovers believes, agree, or it is told before a disaster."""

from typing import Any

import pytest

from manifests.selection import RunSummary
from recovery.doctor.rules.signatures import key_problems, signed_problems
from tests.unit.manifests.test_signing import KEY, Signer
from tests.unit.samples import POINT

OURS, OTHER = Signer().pem, Signer().pem
SIGNS = {"REBOUND_SIGNING_KEY": KEY}


@pytest.mark.parametrize(
    ("environment", "trusted", "what"),
    [
        ({}, "", ""),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, OURS, ""),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OTHER + OURS}, f"{OURS}\n\n{OTHER}", ""),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, "", "your REBOUND_TRUSTED_KEYS is not set"),
        ({}, OURS, "no run of it is believed"),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, OTHER, "that your REBOUND_TRUSTED_KEYS lacks"),
        ({**SIGNS, "REBOUND_TRUSTED_KEYS": OURS}, OURS + OTHER, "are no base"),
    ],
)
def test_keys_that_do_not_agree_are_told(environment: dict[str, Any], trusted: str, what: str):
    """Who signs and who checks have one set of keys, in whatever order; none at all is told elsewhere."""
    function = {"serviceConfig": {"environmentVariables": environment}}
    found = [item.what for item in key_problems(function, "rebound-backup", trusted=trusted)]
    assert len(found) == bool(what)
    assert what in "".join(found)
    assert not list(key_problems(None, "rebound-backup", trusted=trusted))


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
