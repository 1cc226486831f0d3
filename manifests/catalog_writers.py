"""What the catalog says about the platform's writers: what writes to what is protected, by itself."""

from typing import Literal

from pydantic import Field, model_validator

from manifests.values import Value

type WriterType = Literal["scheduler/job", "pubsub/subscription", "bigquery/transfer"]
"""The types of resources that can be paused."""


class CatalogWriter(Value):
    """Resources that write to what is protected, or have others write to it.

    Attributes:
        type: Their type.
        names: Patterns of their names; `*` stands for anything.
        targets: Patterns of what they call, an address or the name of a topic.
        writes: Patterns of what they write, as `dataset nba_analytics`, `bucket nba-scraped-data` or
            `database (default)`.
    """

    type: WriterType
    names: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    writes: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_about_something(self) -> "CatalogWriter":
        if not (self.names or self.targets):
            message = "a writer is told by its name or by what it calls"
            raise ValueError(message)
        return self


class FenceRule(Value):
    """How writers are fenced.

    Attributes:
        locations: Where writers are looked for.
        quiet_seconds: For so long nothing may change before it counts as quiet.
        most_hours: A fence that stands longer is an alert.
        writers: What writes to what.
    """

    locations: tuple[str, ...] = Field(min_length=1)
    quiet_seconds: int = Field(default=60, ge=0)
    most_hours: float = Field(default=12, gt=0)
    writers: tuple[CatalogWriter, ...] = Field(min_length=1)
