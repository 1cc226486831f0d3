"""What an operator sets on the function: environment variables that begin with REBOUND_."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from manifests.errors import UsageError


class Settings(BaseSettings):
    """Where the platform and its backups are.

    Attributes:
        project: The project whose data is protected, and in which jobs run.
        vault_bucket: Where backups are kept; nothing in it is overwritten or deleted by a backup.
        landing_bucket: Where extracts land and leases are kept; it has no retention.
        scratch_dataset: A dataset whose tables expire by themselves, for frozen copies.
        catalog: Another catalog than the one that is shipped.
        parallel_tables: Tables in flight at once.
        parallel_listings: Key ranges of one bucket that are listed at once.
        parallel_copies: Objects of one bucket that are copied at once.
        most_copied_objects: A bucket that held more objects in the run before is not copied by the
            function; the definition of a transfer job is written instead.
        parallel_streams: Ranges of one database that are read at once.
        lease_seconds: How long a silent run keeps others out.
        frozen_hours: How long a frozen copy lives when nothing removes it.
    """

    model_config = SettingsConfigDict(env_prefix="REBOUND_", frozen=True)

    project: str = Field(min_length=1)
    vault_bucket: str = Field(min_length=3)
    landing_bucket: str = Field(min_length=3)
    scratch_dataset: str = "rebound_scratch"
    catalog: Path | None = None
    parallel_tables: int = Field(default=16, ge=1, le=100)
    parallel_listings: int = Field(default=8, ge=1, le=64)
    parallel_copies: int = Field(default=64, ge=1, le=500)
    most_copied_objects: int = Field(default=5_000_000, ge=0)
    parallel_streams: int = Field(default=4, ge=1, le=32)
    lease_seconds: float = Field(default=120, gt=0)
    frozen_hours: int = Field(default=24, ge=1)


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        UsageError: One is missing or wrong; the message names each.
    """
    try:
        return Settings()
    except ValidationError as error:
        names = "; ".join(
            f"REBOUND_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()
        )
        raise UsageError(f"settings: {names}", hint="set them on the function") from error
