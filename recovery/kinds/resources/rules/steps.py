"""What happens to one resource of the platform's configuration, and how it ended. Pure."""

import shlex
from collections.abc import Collection, Iterator
from typing import Literal

from recovery.compare.findings import Finding
from recovery.kinds.outcome import Outcome
from recovery.kinds.resources.rules.policies import Grant
from recovery.kinds.step import MissingWord, Step
from recovery.request import Request

_SERVICE = "serviceusage/service"

FOLDER = "resources"
"""Where the journal has the resources that are made or set, and were looked at again."""

type ResourceAction = Literal["create", "undelete", "update", "leave", "cannot"]


_TOLD = ("lacks", "unasked", "permits", "unlooked")
"""What of a step is only told."""


class ConfigurationStep(Step):
    """What happens to one resource.

    Attributes:
        name: Its full name at the recovery point.
        into: The full name of what is written.
        type: As `pubsub/topic`.
        differs: What differs, where it is there.
        is_held: Whether somebody else's tool keeps it, which would undo a change.
        is_missing: Whether it is not there, and left to that tool, or to an operator.
        is_managed: Whether another resource makes it.
        grants: What its IAM policy granted and does not grant now.
        permits: What a role that is made permits who has it.
        rewritten: Where it is written with other names than the backup has.
        left: Where it still says a region that others moved from.
        needs: What somebody has to supply before it can be made, as a value of a secret.
        lacks: Permissions that making it needs and who planned does not have on the project.
        unasked: Why nobody could ask for those permissions; empty where somebody did.
        unlooked: Images that it runs of registries that are not the project's: nobody looked whether they
            are there.
    """

    type: str
    action: ResourceAction
    differs: tuple[Finding, ...] = ()
    is_held: bool = False
    is_missing: bool = False
    is_managed: bool = False
    grants: tuple[Grant, ...] = ()
    permits: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unlooked: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    unasked: str = ""

    @property
    def own_name(self) -> str:
        """Return its name without where it is."""
        return self.into.rpartition("/")[2]

    @property
    def title(self) -> str:
        """Return how a sentence names it."""
        return f"{self.type} {self.own_name}"

    @property
    def changes(self) -> bool:
        """Whether executing the step would change anything."""
        return self.action not in ("leave", "cannot") or bool(self.grants)

    @property
    def decided(self) -> object:
        """Return what of it was decided: who looked, and what the run alone says, decide nothing."""
        return self.model_dump(mode="json", exclude={*_TOLD})

    @property
    def falls_short(self) -> bool:
        """Whether it is not as it was at the recovery point, also where that is left to Terraform."""
        return self.changes or self.is_missing or bool(self.differs)

    def missing_words(
        self, request: Request, *, confirmed_projects: Collection[str]
    ) -> Iterator[MissingWord]:
        """Yield the word that says what becomes of a resource that differs."""
        del confirmed_projects
        is_open = self.action == "leave" and self.differs and not self.is_held
        if is_open and not request.decides_overwriting(self.own_name):
            yield MissingWord(
                "it is there, and differs",
                self.title,
                f"`--overwrite {shlex.quote(self.own_name)}` sets it to what it was, "
                "`--only-missing` leaves it",
            )


class FoundationStep(ConfigurationStep):
    """What happens to one resource that has to be there before data is."""

    kind: Literal["foundation"] = "foundation"

    @property
    def comes_first(self) -> bool:
        """Whether what it serves can be looked at only when it is enabled."""
        return self.type == _SERVICE and self.create


class ResourceStep(ConfigurationStep):
    """What happens to one resource that is made when data is there."""

    kind: Literal["resource"] = "resource"


class ConfigurationOutcome(Outcome):
    """How one resource ended.

    Attributes:
        type: As `pubsub/topic`.
        granted: What its IAM policy grants again.
        resumes: Whether it ran at the recovery point and is stopped now: a thaw resumes it.
        rewritten: Where it is written with other names than the backup has.
        left: Where it still says a region that others moved from.
    """

    type: str = ""
    action: ResourceAction
    granted: tuple[Grant, ...] = ()
    resumes: bool = False
    rewritten: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return how a sentence names it."""
        return f"{self.type} {self.into.rpartition('/')[2]}"

    @property
    def comes_from_run(self) -> bool:
        """Whether it was made or set as the run has it.

        In another project nothing of the platform was deleted that could be undeleted: it is made.
        """
        is_made = self.action == "undelete" and self.into != self.name
        return is_made or self.action in ("create", "update")


class FoundationOutcome(ConfigurationOutcome):
    """How one resource ended that has to be there before data is."""

    kind: Literal["foundation"] = "foundation"


class ResourceOutcome(ConfigurationOutcome):
    """How one resource ended that is made when data is there."""

    kind: Literal["resource"] = "resource"
