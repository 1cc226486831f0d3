"""The words of a recovery that say where it writes, or lose, start or widen something.

Whoever goes on with it says them again. A journal lies where others can write: what it says was
allowed is allowed by who resumes it. On a terminal the plan is shown and asked about; where nobody is
asked, the words are.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from manifests.errors import RefusedError
from manifests.values import RunId, Value
from recovery.options.asked import Options
from recovery.options.option import option_of, spelled
from recovery.request import Request

WORDS = (
    "into_prefix",
    "into_bucket",
    "into_bucket_prefix",
    "into_database",
    "into_region",
    "overwrite",
    "exact",
    "settings",
    "notify",
    "create_datasets",
    "not_in_catalog",
    "no_fence",
    "unsigned_erasures",
    "skip_erasures",
)
"""Locking, access and a project have to be said again in any case."""


SCOPE = (
    "into_project",
    "dataset",
    "table",
    "partition",
    "bucket",
    "prefix",
    "pattern",
    "database",
    "collection",
    "document",
    "rebuild",
    "exclude",
    "only_missing",
    "from_vault",
    "rewrite_references",
)
"""The words that say what a recovery is about; who goes on with it need not say them again."""

OF_DATES = ("overwrite",)
"""The only one of them that missed dates have."""


def resuming(recovery_id: str, request: Value, words: Sequence[str] = WORDS) -> str:
    """Return the command that goes on with a recovery, with the words it needs."""
    return " ".join(("rebound resume", recovery_id, *_spelt(request, {}, words)))


def recovering(request: Request, run_id: RunId | None) -> str:
    """Return the command that begins a recovery like one that was.

    Args:
        request: What was asked for.
        run_id: The run that was restored; None where nothing came from one.
    """
    project = request.target.project if request.project_was_named else ""
    words = [word for word in SCOPE if word != "into_project" or project]
    run = ("--run", run_id) if run_id else ()
    spelt = _spelt(request, {}, (*words, *WORDS))
    return " ".join(("rebound recover", request.scenario, *run, *spelt))


def unsaid(
    request: Value,
    said: Mapping[str, object],
    *,
    recovery_id: str,
    words: Sequence[str] = WORDS,
) -> list[RefusedError]:
    """Return a refusal of each word of a journal's request that nobody says now.

    Args:
        request: What the journal says was asked for.
        said: The words that are said now, by the name of their option.
        recovery_id: The recovery.
        words: Those that a request of its sort has.
    """
    return [
        RefusedError(
            f"`{word}` is an option that only the journal gives, and others can write there",
            subject=recovery_id,
            hint=f"`{word}` says it again; without `--yes` the plan is shown and asked about",
        )
        for word in _spelt(request, said, words)
    ]


def _asked(request: Value, name: str) -> object:
    """Return what a request says of an option."""
    value: object = request
    for field in option_of(Options.model_fields[name]).asks.split("."):
        value = getattr(value, field)
    return value


def _spelt(request: Value, said: Mapping[str, object], words: Sequence[str]) -> Iterator[str]:
    for name in words:
        wanted, now = _asked(request, name), said.get(name)
        if isinstance(wanted, str):
            yield from [f"{spelled(name)} {shlex.quote(wanted)}"] if wanted not in ("", now) else []
        elif isinstance(wanted, tuple):
            known = now if isinstance(now, (list, tuple)) else ()
            lacking = () if "*" in known else [item for item in wanted if item not in known]
            yield from (f"{spelled(name)} {shlex.quote(item)}" for item in lacking)
        elif wanted and not now:
            yield spelled(name)
