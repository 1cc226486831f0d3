"""What an operator sets for the command."""

from pydantic import Field

from manifests.settings import CommonSettings


class Settings(CommonSettings):
    """The operator's settings.

    Attributes:
        undo_dataset: Where the state before a recovery is kept, as snapshots.
        undo_days: How long undo points are kept.
        parallel_objects: Requests in flight at once that write objects, each for up to 25. Where
            the service writes those one after the other, 64 make about 1,000 writes a second, which
            a bucket takes without a ramp (Cloud Storage, Request rate); what it refuses as too much
            is written again one by one, slower and slower.
    """

    undo_dataset: str = Field(default="rebound_undo", pattern=r"^[A-Za-z0-9_]{1,1024}$")
    undo_days: int = Field(default=7, ge=1)
    parallel_objects: int = Field(default=64, ge=1, le=500)
