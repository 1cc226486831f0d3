"""What the catalog says about the platform's configuration: which types of resources are protected."""

from pydantic import Field, field_validator

from manifests.errors import UsageError
from manifests.kind import CatalogPart
from manifests.kinds.resources.table import resource_type


class CatalogResources(CatalogPart):
    """One protected type of resources.

    Attributes:
        type: As `pubsub/topic`.
        locations: Where resources of the type are looked for, where the type has locations.
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

    @property
    def name(self) -> str:
        """Return the type."""
        return self.type
