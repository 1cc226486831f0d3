"""Refuses a plan whose options are missing: all are told at once, so that one more plan is enough."""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator

from manifests.errors import RefusedError
from recovery.kinds.step import refusals
from recovery.ledger import ledger_refusals
from recovery.plan.model import Plan

_FIRST_OPTION = re.compile(r"`(--[^`]+)`")
_NAMES_ALONE = "--confirm-project "
"""The one option that only names a place; each other one is for somebody to decide."""


def check_plan(
    plan: Plan,
    *,
    protected: tuple[str, ...],
    confirmed_projects: Collection[str],
    access: bool = False,
    untrusted: bool = False,
    others: Iterable[RefusedError] = (),
) -> None:
    """Refuse a plan that lacks a word.

    Args:
        plan: What is to happen.
        protected: The projects that are changed only when they are named.
        confirmed_projects: The projects that the operator named.
        access: Whether the operator allowed what changes about who may see what.
        untrusted: Whether the operator takes a run that nobody we trust signed.
        others: One for each word that is missing besides, and does not follow from the plan.

    Raises:
        RefusedError: Nothing was changed; the hint names every missing word.
    """
    refuse_all(
        (
            *others,
            *_impossible(plan),
            *_trust_refusals(plan, taken=untrusted),
            *ledger_refusals(plan.erasures, plan.request),
            *_access_refusals(plan, allowed=access),
            *_refusals(plan, protected, confirmed_projects),
        )
    )


def _refusals(
    plan: Plan, protected: tuple[str, ...], confirmed_projects: Collection[str]
) -> Iterator[RefusedError]:
    request, project = plan.request, plan.request.target.project
    yield from refusals(
        word
        for step in plan.steps
        for word in step.missing_words(request, confirmed_projects=confirmed_projects)
    )
    if plan.changes and project in protected and project not in confirmed_projects:
        yield RefusedError(
            "the project is protected",
            subject=project,
            hint=f"`--confirm-project {shlex.quote(project)}` allows it",
        )


def _impossible(plan: Plan) -> Iterator[RefusedError]:
    """Yield what no quota allows: it would end in the middle, and count against the day's quota."""
    for what in plan.takes.impossible if plan.takes else ():
        hint = "restore some of its partitions a day, with `--partition`"
        yield RefusedError(f"it cannot be done in one day: {what}", hint=hint)


def _trust_refusals(plan: Plan, *, taken: bool) -> Iterator[RefusedError]:
    if plan.trust and plan.trust.problem and not taken:
        yield RefusedError(
            f"the run is {plan.trust.problem}",
            subject=plan.run_id or "",
            hint="`--untrusted` takes it all the same; find out first who wrote it",
        )


def _access_refusals(plan: Plan, *, allowed: bool) -> Iterator[RefusedError]:
    unspoken = [item for item in plan.access if item.needs_word]
    if unspoken and not allowed:
        first = unspoken[0]
        more = f", and {len(unspoken) - 1} more" if len(unspoken) > 1 else ""
        yield RefusedError(
            f"who may see what would change: {first.change}: {first.what}{more}",
            subject=first.subject,
            hint="`--access` allows all of it; the plan lists it",
        )


def refuse_all(refusals: Iterable[RefusedError]) -> None:
    """Refuse with everything that is to be said.

    Args:
        refusals: One for each word that is missing.

    Raises:
        RefusedError: There is any; it names every problem, and its hint every word.
    """
    found = list(refusals)
    if len(found) == 1:
        raise found[0]
    if found:
        raise RefusedError(
            f"{len(found)} options are missing: {'; '.join(map(str, found))}",
            hint="; ".join(_told_apart(dict.fromkeys(item.hint for item in found))),
        )


def _told_apart(hints: Iterable[str]) -> Iterator[str]:
    """Yield first what can be pasted behind the command unseen, then what is for somebody to decide."""
    named, decided, others = list[str](), list[str](), list[str]()
    for hint in hints:
        option = _FIRST_OPTION.search(hint)
        if option is None:
            others.append(hint)
        elif option[1].startswith(_NAMES_ALONE):
            named.append(option[1])
            rest = hint.replace(option[0], "", 1).removeprefix(" allows it").lstrip("; ")
            others += [rest] if rest else []
        else:
            decided.append(hint)
    yield from others
    if named:
        yield f"`{' '.join(named)}` allows it"
    if decided:
        yield f"a decision each, not to be pasted unseen: {'; '.join(decided)}"
