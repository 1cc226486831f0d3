"""What the catalog says about the platform's configuration: which types of resources are protected."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from manifests.errors import UsageError
from manifests.kind import CatalogPart
from manifests.kinds.resources.table import resource_type
from manifests.kinds.resources.types import EVERYWHERE


class CatalogResources(CatalogPart):
    """One protected type of resources.

    Attributes:
        type: As `pubsub/topic`.
        locations: Where resources of the type are looked for, where the type has locations; `-` alone
            for all of them, where its list takes that or its service says which there are.
        names: Patterns of the names of those that are protected; `*` stands for anything.
    """

    type: str
    locations: tuple[str, ...] = ()
    names: tuple[str, ...] = Field(default=("*",), min_length=1)

    @field_validator("type")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            resource_type(name)
        except UsageError as error:
            raise ValueError(str(error)) from error
        return name

    @model_validator(mode="after")
    def _spans(self) -> Self:
        kind = resource_type(self.type)
        if EVERYWHERE in self.locations and (len(self.locations) > 1 or not kind.is_everywhere):
            message = f"no list of {self.type} takes `{EVERYWHERE}`, or not beside other locations"
            raise ValueError(message)
        return self

    @property
    def name(self) -> str:
        """Return the type."""
        return self.type
