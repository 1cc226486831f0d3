"""The words of a recovery that lose, start or widen something: whoever goes on with it says them again.

A journal lies where others can write. What it says was allowed is allowed by who resumes it: on a
terminal the plan is shown and asked about; where nobody is asked, the words are.
"""

import shlex
from collections.abc import Iterator, Mapping

from manifests.errors import RefusedError
from recovery.options.option import spelled
from recovery.request import Request

WORDS = ("overwrite", "exact", "settings", "notify", "create_datasets", "not_in_catalog")
"""Locking, access and a project have to be said again in any case."""


def resuming(recovery_id: str, request: Request) -> str:
    """Return the command that goes on with a recovery, with the words it needs."""
    return " ".join(("rebound resume", recovery_id, *_spelt(request, {})))


def unsaid(request: Request, said: Mapping[str, object], *, recovery_id: str) -> list[RefusedError]:
    """Return a refusal of each word of a journal's request that nobody says now.

    Args:
        request: What the journal says was asked for.
        said: The words that are said now, by the name of their option.
        recovery_id: The recovery.
    """
    return [
        RefusedError(
            f"`{word}` is a word of the journal, which others can write",
            subject=recovery_id,
            hint=f"`{word}` says it again; without `--yes` the plan is shown and asked about",
        )
        for word in _spelt(request, said)
    ]


def _spelt(request: Request, said: Mapping[str, object]) -> Iterator[str]:
    for name in WORDS:
        wanted, now = getattr(request, name), said.get(name)
        if isinstance(wanted, tuple):
            known = now if isinstance(now, (list, tuple)) else ()
            lacking = () if "*" in known else [item for item in wanted if item not in known]
            yield from (f"{spelled(name)} {shlex.quote(item)}" for item in lacking)
        elif wanted and not now:
            yield spelled(name)
