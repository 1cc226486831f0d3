"""Whether what a night writes is signed, and whether who recovers believes just that. Pure."""

from collections.abc import Iterator, Sequence

from manifests.selection import RunSummary
from manifests.signing import key_blocks
from manifests.values import Resource
from recovery.doctor.rules.problem import Problem, section, warning

_OUTPUT = "terraform output -json environment"


def key_problems(function: Resource | None, name: str, *, trusted: str) -> Iterator[Problem]:
    """Tell where the backup signs with other keys than who recovers trusts.

    Args:
        function: The function that makes backups; None where there is none, which is told elsewhere.
        name: Its own name.
        trusted: The operator's own trusted keys, in PEM.
    """
    if function is None:
        return
    told = section(section(function, "serviceConfig"), "environmentVariables")
    ours, theirs = key_blocks(trusted), key_blocks(str(told.get("REBOUND_TRUSTED_KEYS") or ""))
    signs = bool(told.get("REBOUND_SIGNING_KEY"))
    if signs and not ours:
        what = f"{name} signs, and your REBOUND_TRUSTED_KEYS is not set: nothing is checked"
        yield Problem(what, _OUTPUT)
    elif ours and not signs:
        what = f"you trust keys, and {name} signs with none: no run of it is believed"
        yield Problem(what, "terraform apply -var signing_key=...")
    elif theirs - ours:
        yield Problem(f"{name} trusts a key that your REBOUND_TRUSTED_KEYS lacks", _OUTPUT)
    elif ours - theirs:
        yield warning(f"you trust a key that {name} does not: runs it signed are no base", _OUTPUT)


def signed_problems(runs: Sequence[RunSummary], *, trusted: str) -> Iterator[Problem]:
    """Tell whether the newest run is signed by nobody who is trusted.

    Args:
        runs: Every run.
        trusted: The operator's own trusted keys, in PEM; without any nothing is checked.
    """
    whole = [run for run in runs if run.state in ("complete", "untrusted")]
    newest = max(whole, key=lambda run: (str(run.recovery_point), run.run_id), default=None)
    if trusted and newest is not None and newest.state == "untrusted":
        what = f"the newest run, {newest.run_id}, is not trusted: {newest.reason}"
        yield Problem(what, f"rebound show {newest.run_id}")
