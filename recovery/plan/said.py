"""Spells the next command for an operator, with every option that it needs.

It says where the recovery writes, and allows what it loses, starts or widens. A journal lies where others
can write, so whoever resumes a recovery has to allow again what the journal says was allowed: on a terminal
by agreeing to the plan that is shown, elsewhere by the options.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from manifests.errors import RefusedError
from manifests.values import RunId, Value
from recovery.options.asked import Options
from recovery.options.option import option_of, spelled
from recovery.plan.model import Plan
from recovery.request import Request

WHERE = ("into_prefix", "into_bucket", "into_bucket_prefix", "into_database", "into_region")
WORDS = (
    *WHERE,
    "overwrite",
    "exact",
    "settings",
    "notify",
    "keep_ttl",
    "create_datasets",
    "not_in_catalog",
    "no_fence",
    "despite",
    "make",
    "unsigned_erasures",
    "skip_erasures",
)
"""The words, which allow what a recovery loses, starts or widens. Locking, access and a project have to be
said again in any case."""

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
"""The options that say what a recovery is about; who goes on with it need not say them again."""

HOW = ("unthrottled", "expire_at")
"""The options that say how a recovery is carried out; one that goes on does so as it began."""

DRILLS_ALONE = (
    "target.answering",
    "target.label",
    "target.role_suffix",
    "types",
    "grants_nothing",
)
"""What drills alone ask for: no option gives it and no text tells it."""

BY_CATALOG = ("ephemeral", "triggers")
"""What the catalog alone says: `said_of_databases`."""

_FALL_BACK = "--fall-back"

OF_DATES = ("overwrite",)
"""The only word that missed dates have."""


def resuming(recovery_id: str, plan: Plan) -> str:
    """Return the command that goes on with a recovery, with every option that it needs."""
    again = (*_spelt(plan.request, {}, WORDS), *_allowed(plan))
    return " ".join(("rebound resume", recovery_id, *again))


def undoing(recovery_id: str, request: Request) -> str:
    """Return the command that undoes a recovery; what it changes about access is seen only then."""
    options = (*_spelt(request, {}, WHERE), confirming(request.target.project))
    return " ".join(("rebound undo", recovery_id, *options))


def recovering(plan: Plan, *, run_id: RunId | None) -> str:
    """Return the command that begins a recovery like one that was planned.

    Args:
        plan: What was planned.
        run_id: The run that it takes; None for the newest, or where nothing comes from one.
    """
    request = plan.request
    scope = [word for word in SCOPE if word != "into_project" or request.project_was_named]
    options = [f"--run {run_id}"] if run_id else []
    options += [*_spelt(request, {}, (*scope, *WORDS, *HOW)), *_allowed(plan)]
    return " ".join(("rebound recover", request.scenario, *options))


def scope_of(request: Request) -> str:
    """Return the options that say what a recovery is about and how it is done; empty where none was given.

    Who goes on with it gives none of them again, so that a plan tells them.
    """
    named = [word for word in SCOPE if word != "into_project" or request.project_was_named]
    return " ".join(_spelt(request, {}, (*named, *HOW)))


def check_not_drilled(request: Request, *, subject: str) -> None:
    """Refuse what only a drill asks for: nobody goes on with a part of one, and no plan would tell it.

    Args:
        request: What a journal or a file says was asked for.
        subject: Which.

    Raises:
        RefusedError: It asks for such a thing.
    """
    if found := next((name for name in DRILLS_ALONE if _at(request, name)), None):
        raise RefusedError(
            f"it asks for `{found}`, and only a drill does",
            subject=subject,
            hint="`rebound drill --clean` removes what a drill left; of a recovery somebody changed "
            "what is stored, so begin another",
        )


def planning_table(table: str) -> str:
    """Return the command that shows what brings a table back; it changes nothing, and needs no such option."""
    return f"rebound plan bigquery-dataset-loss --table {shlex.quote(table)}"


def confirming(project: str) -> str:
    """Return the word that names a project: a protected one is not changed without it."""
    return f"--confirm-project {shlex.quote(project)}"


def _allowed(plan: Plan) -> Iterator[str]:
    """Yield the words that are given again in any case, as a plan needs them."""
    if plan.fallen_back:
        yield _FALL_BACK
    if plan.request.lock_again:
        yield "--lock-again"
    if any(item.needs_word for item in plan.access):
        yield "--access"
    if plan.trust is not None and plan.trust.problem:
        yield "--untrusted"
    owners = (str(getattr(step, "owner", "")) for step in plan.steps if step.changes)
    yield from map(confirming, dict.fromkeys((plan.request.target.project, *filter(None, owners))))


def unsaid(
    request: Value,
    said: Mapping[str, object],
    *,
    recovery_id: str,
    words: Sequence[str] = WORDS,
) -> list[RefusedError]:
    """Return a refusal for each option in a journal's request that the operator does not give now.

    Args:
        request: What the journal says was asked for.
        said: The words that are said now, by the name of their option.
        recovery_id: The recovery.
        words: Those that a request of its sort has.
    """
    return [_unsaid(word, recovery_id) for word in _spelt(request, said, words)]


def unsaid_of(
    plan: Plan, said: Mapping[str, object], *, fall_back: bool, recovery_id: str
) -> list[RefusedError]:
    """Return a refusal for each option in a journal's plan that the operator does not give now.

    Args:
        plan: What is left of it.
        said: The words that are said now, by the name of their option.
        fall_back: Whether the operator allows now that something comes from an older run.
        recovery_id: The recovery.
    """
    older = [_FALL_BACK] if plan.fallen_back and not fall_back else []
    lacking = [_unsaid(word, recovery_id) for word in older]
    return [*lacking, *unsaid(plan.request, said, recovery_id=recovery_id)]


def _unsaid(word: str, recovery_id: str) -> RefusedError:
    return RefusedError(
        f"`{word}` is an option that only the journal gives, and others can write there",
        subject=recovery_id,
        hint=f"`{word}` says it again; without `--yes` the plan is shown and asked about",
    )


def _asked(request: Value, name: str) -> object:
    """Return what a request says of an option."""
    return _at(request, option_of(Options.model_fields[name]).asks)


def _at(value: object, path: str) -> object:
    """Return what lies at a path, as `target.prefix`."""
    for field in path.split("."):
        value = getattr(value, field)
    return value


def _spelt(request: Value, said: Mapping[str, object], words: Sequence[str]) -> Iterator[str]:
    for name in words:
        wanted, now = _asked(request, name), said.get(name)
        if isinstance(wanted, datetime):
            yield f"{spelled(name)} {wanted:%Y-%m-%dT%H:%M:%SZ}"
        elif isinstance(wanted, str):
            yield from [f"{spelled(name)} {shlex.quote(wanted)}"] if wanted not in ("", now) else []
        elif isinstance(wanted, tuple):
            known = now if isinstance(now, (list, tuple)) else ()
            lacking = () if "*" in known else [item for item in wanted if item not in known]
            yield from (f"{spelled(name)} {shlex.quote(item)}" for item in lacking)
        elif wanted and not now:
            yield spelled(name)
