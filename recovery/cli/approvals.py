"""Plans in files: written for somebody to approve, and carried out as they are, or not at all."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from manifests.errors import RefusedError, UsageError
from manifests.json_text import read_file
from manifests.values import Value
from recovery.cli.options import note, write_file
from recovery.plan.approval import (
    PlanSort,
    carrying_out,
    plan_file,
    read_file_of_plan,
    read_plan,
)


class Approval(NamedTuple):
    """What a command that changes something does with its plan.

    Attributes:
        only: Whether it is shown, and nothing is changed.
        out: Where it is written, for somebody to approve; None for nowhere.
        file: Where the plan lies that was approved; None where none was.
    """

    only: bool = False
    out: Path | None = None
    file: Path | None = None

    @property
    def changes_nothing(self) -> bool:
        """Whether the plan is all that is asked for."""
        return self.only or self.out is not None

    def read[P: Value](self, sort: PlanSort, model: type[P], beside: Iterable[str]) -> P | None:
        """Return the plan that was approved; None where none was.

        Args:
            sort: What it is to be a plan of.
            model: What such plans are.
            beside: The names of what was asked for beside it, which is a part of it.

        Raises:
            UsageError: There is no such plan, or something is asked for beside it.
        """
        if self.file is None:
            return None
        if self.changes_nothing:
            raise UsageError("a plan is carried out, or made; `--plan` names one that was made")
        check_beside(beside)
        return read_plan(read_file(self.file, UsageError), sort, model, subject=str(self.file))

    def show(self, sort: PlanSort, plan: Value, *, at: datetime, lacks: Callable[[], None]) -> None:
        """Write a plan where it is asked for, and tell which options it still needs.

        Args:
            sort: What it is a plan of.
            plan: The plan.
            at: When it was made.
            lacks: Refuses it where a word is missing.
        """
        if self.out is not None:
            write_plan(sort, plan, self.out, made_at=at)
        try:
            lacks()
        except RefusedError as error:
            note(f"not yet: {error}")
            note(f"hint: {error.hint}")


def check_beside(names: Iterable[str]) -> None:
    """Refuse what is asked for beside a plan that was approved.

    Raises:
        UsageError: Something is.
    """
    for name in names:
        raise UsageError(
            f"`{name.replace('_', '-')}` is a part of the plan that `--plan` names",
            hint="make a new plan with `--out`",
        )


def write_plan(sort: PlanSort, plan: Value, file: Path, *, made_at: datetime) -> None:
    """Write a plan to a file, for somebody to approve, and tell what carries it out."""
    whole = plan_file(sort, plan, made_at=made_at).model_dump(mode="json")
    # Who reads it to approve it sees its text as it is: nothing in it acts on a terminal.
    write_file(file, json.dumps(whole, indent=2, ensure_ascii=True))
    note(f"hint: {carrying_out(sort, str(file))}")


def sort_of(file: Path) -> PlanSort:
    """Return what a plan in a file is a plan of.

    Raises:
        UsageError: It is not one.
    """
    return read_file_of_plan(read_file(file, UsageError), subject=str(file)).of
