"""What a plan tells of access, and which word it needs, as tests look at it."""

import pytest

from manifests.errors import RefusedError
from recovery.plan.model import Plan
from recovery.plan.words import check_plan
from recovery.report.planned import plan_document
from recovery.report.text import text_of
from tests.unit.samples import POINT


def told(made: Plan) -> list[tuple[str, str, str]]:
    """Return what changes about access."""
    return [(item.change, item.subject, item.what) for item in made.access]


def check(made: Plan, *, access: bool) -> None:
    """Refuse a plan that lacks a word; nothing but the one about access is lacking."""
    words = made.request.model_copy(update={"overwrite": ("*",)})
    spoken = made.model_copy(update={"request": words})
    check_plan(spoken, protected=(), confirmed_projects=(), access=access)


def refused(made: Plan) -> str:
    """Return why a plan needs the word, insisting that it is told and that the word is enough."""
    text = text_of(plan_document(made, now=POINT))
    assert all(item.what in text for item in made.access)
    with pytest.raises(RefusedError) as caught:
        check(made, access=False)
    assert "`--access`" in caught.value.hint
    check(made, access=True)
    return str(caught.value)


def told_without_a_word(made: Plan) -> list[tuple[str, str, str]]:
    """Return what changes about access, insisting that it is in the plan and needs no word."""
    text = text_of(plan_document(made, now=POINT))
    assert all(item.what in text for item in made.access)
    check(made, access=False)
    return told(made)
