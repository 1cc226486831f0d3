"""Whether what is written is signed, and whether who recovers believes just that. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from manifests.selection import RunSummary
from manifests.signing import KEY_OF, KEYS_OF, Author, key_blocks
from manifests.values import Resource
from recovery.doctor.rules.problem import APPLY, Problem, section, warning

_OUTPUT = "terraform -chdir=terraform output -json environment"
_SET_KEYS = f"{APPLY} -var signing_key=... -var trusted_keys=..."
_SET_OPERATOR_KEYS = f"{APPLY} -var operator_key=... -var operator_keys=..."
_VARIABLE_OF: Mapping[Author, str] = {"run": "signing_key", "operator": "operator_key"}


def key_problems(
    function: Resource | None, name: str, *, trusted: str, author: Author = "run"
) -> Iterator[Problem]:
    """Tell where a function signs with other keys than the operator trusts, or no backup is signed.

    Args:
        function: The function; None where there is none, which is told elsewhere.
        name: Its own name.
        trusted: The keys in PEM that the operator believes an author by.
        author: As who it signs.
    """
    key, keys = KEY_OF[author], KEYS_OF[author]
    told = section(section(function or {}, "serviceConfig"), "environmentVariables")
    ours, theirs = key_blocks(trusted), key_blocks(str(told.get(keys) or ""))
    signs = bool(told.get(key))
    if author == "run" and not (signs or ours or theirs):
        what = "no key is set: no backup is signed, and one that somebody planted would be restored"
        yield warning(what, _SET_KEYS)
    elif function is None:
        return
    elif signs and not ours:
        what = f"{name} signs, and your {keys} is not set: nothing is checked"
        yield Problem(what, _OUTPUT)
    elif ours and not signs:
        what = f"your {keys} is set, and {name} signs with none: nothing that it writes is believed"
        yield Problem(what, f"{APPLY} -var {_VARIABLE_OF[author]}=...")
    elif theirs - ours:
        yield Problem(f"{name} trusts a key that your {keys} lacks", _OUTPUT)
    elif ours - theirs:
        what = f"your {keys} holds a key that {name} does not: it believes nothing signed with that"
        yield warning(what, _OUTPUT)


def operator_key_problems(*, key: str, keys: str, trusted: str) -> Iterator[Problem]:
    """Tell where an operator's own key, and the keys that are believed, do not fit together.

    Args:
        key: The version of a key that signs what the operator's commands write; empty for none.
        keys: The public keys in PEM whose journals are believed.
        trusted: The public keys in PEM whose manifests are believed.
    """
    signs, believes = KEY_OF["operator"], KEYS_OF["operator"]
    if not (key or keys):
        what = "no key is set: what you write is not signed, and what somebody planted is believed"
        yield warning(what, _SET_OPERATOR_KEYS)
    if key and not keys:
        yield Problem(f"{signs} signs, and {believes} is not set: nothing is checked", _OUTPUT)
    if keys and not key:
        what = f"{believes} is set, and {signs} is not: what you write will not be believed"
        yield Problem(what, _OUTPUT)
    if key_blocks(keys) & key_blocks(trusted):
        what = f"{believes} and {KEYS_OF['run']} hold one key: who recovers could make a backup"
        yield Problem(what, f"{APPLY} -var operator_key=...")


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
