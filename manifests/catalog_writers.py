"""What the catalog says about the platform's writers: what writes to what is protected, by itself."""

from typing import Literal

from pydantic import Field, model_validator

from manifests.values import Value

type PausedType = Literal["scheduler/job", "pubsub/subscription", "bigquery/transfer"]
"""The types of resources that can be paused."""

TRIGGER = "eventarc/trigger"
type WriterType = Literal[
    "scheduler/job", "pubsub/subscription", "bigquery/transfer", "eventarc/trigger"
]
"""The types of writers. Nothing pauses a trigger of Eventarc: its subscription is paused, which Eventarc
makes in the project and leaves to its owner to configure (Eventarc, Retry events)."""

SEEK_SECONDS = 90
"""A seek takes about a minute (Pub/Sub, Replay and purge messages with seek); half as much again."""

MOST_OBJECTS = 2_000_000
MOST_DOCUMENTS = 2_000_000


class CatalogWriter(Value):
    """Resources that write to what is protected, or have others write to it.

    Attributes:
        type: Their type.
        names: Patterns of their names; `*` stands for anything.
        targets: Patterns of what they call, an address or the name of a topic; of a trigger of Eventarc
            the name of a service, too.
        writes: Patterns of what they write, as `dataset nba_analytics`, `bucket nba-scraped-data` or
            `database (default)`.
        refills: Whether they look by themselves for what is missing, and fill it.
    """

    type: WriterType
    names: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    writes: tuple[str, ...] = Field(min_length=1)
    refills: bool = False

    @model_validator(mode="after")
    def _is_about_something(self) -> "CatalogWriter":
        if not (self.names or self.targets):
            message = "a writer is told by its name or by what it calls"
            raise ValueError(message)
        return self


class Wave(Value):
    """Writers that a thaw resumes together; each belongs to the first wave that names it.

    Attributes:
        name: What an operator calls it.
        type: Their type; any when None.
        names: Patterns of their names.
    """

    name: str = Field(min_length=1)
    type: PausedType | None = None
    names: tuple[str, ...] = Field(default=("*",), min_length=1)


class FlowCheck(Value):
    """One schedule that is run when what was made anew is resumed, and what has to come of it.

    Attributes:
        schedule: The name of the schedule.
        after: The wave after which it is run; it needs what that wave resumes.
        produces: What is written then, as `table nba_raw.games`, `dataset nba_raw`,
            `bucket nba-scraped-data` or `database (default)`.
        within_seconds: For so long that is waited for.
    """

    schedule: str
    after: str
    produces: str = Field(pattern=r"^(table|dataset|bucket|database) \S+$")
    within_seconds: int = Field(default=900, gt=0)


class FenceRule(Value):
    """How writers are fenced.

    Attributes:
        locations: Where what writers call is looked for, and the schedule of a flow check; writers are
            looked for everywhere.
        quiet_seconds: For so long nothing may change before it counts as quiet.
        quiet_within_seconds: So long what still runs may take to end.
        seek_seconds: So long a seek may take to have effect; nothing is pushed again before.
        most_hours: A fence that stands longer is an alert.
        most_objects: So many objects of a bucket are looked at twice, a list of all costs a call for each
            1,000; whether anything writes to a larger one is unknown.
        most_documents: The same of the documents of a database: each is a read, twice. They are counted
            first, so that of more none is read.
        harmless: Patterns of what may run while all is fenced, as `run/job report-*` or
            `workflows/workflow mail`: it writes to nothing that is protected.
        writers: What writes to what.
        waves: The order in which writers are resumed; those of no wave come last.
        flow_check: What shows that a platform that was made anew works; None for nothing.
    """

    locations: tuple[str, ...] = Field(min_length=1)
    quiet_seconds: int = Field(default=60, ge=0)
    quiet_within_seconds: int = Field(default=1800, ge=0)
    seek_seconds: int = Field(default=SEEK_SECONDS, ge=0)
    most_hours: float = Field(default=12, gt=0)
    most_objects: int = Field(default=MOST_OBJECTS, ge=1)
    most_documents: int = Field(default=MOST_DOCUMENTS, ge=1)
    harmless: tuple[str, ...] = ()
    writers: tuple[CatalogWriter, ...] = Field(min_length=1)
    waves: tuple[Wave, ...] = ()
    flow_check: FlowCheck | None = None

    @model_validator(mode="after")
    def _waves_are_known(self) -> "FenceRule":
        names = [wave.name for wave in self.waves]
        if len(set(names)) != len(names):
            message = "two waves have one name"
            raise ValueError(message)
        if self.flow_check is not None and self.flow_check.after not in names:
            message = f"no wave is called {self.flow_check.after}"
            raise ValueError(message)
        return self
