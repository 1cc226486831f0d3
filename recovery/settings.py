"""Where the operator's command finds the platform and its backups: REBOUND_ variables."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from manifests.errors import UsageError


class Settings(BaseSettings):
    """The operator's settings.

    Attributes:
        project: The project that is recovered, unless `--into-project` names another.
        vault_bucket: Where backups are kept; it is only read.
        landing_bucket: Where the journal of a recovery is kept.
        scratch_dataset: Where tables are staged and proven; its tables expire by themselves.
        undo_dataset: Where the state before a recovery is kept, as snapshots.
        undo_days: How long undo points are kept.
        catalog: Another catalog than the one that is shipped.
        parallel_tables: Tables in flight at once.
        parallel_objects: Objects of a bucket in flight at once; 64 make about 1,000 writes a second,
            which a bucket takes without a ramp (Cloud Storage, Request rate).
        parallel_streams: Parts of one Firestore database in flight at once.
    """

    model_config = SettingsConfigDict(env_prefix="REBOUND_", frozen=True)

    project: str = Field(min_length=1)
    vault_bucket: str = Field(min_length=3)
    landing_bucket: str = Field(min_length=3)
    scratch_dataset: str = "rebound_scratch"
    undo_dataset: str = "rebound_undo"
    undo_days: int = Field(default=7, ge=1)
    catalog: Path | None = None
    parallel_tables: int = Field(default=16, ge=1, le=100)
    parallel_objects: int = Field(default=64, ge=1, le=500)
    parallel_streams: int = Field(default=4, ge=1, le=32)


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
        raise UsageError(f"settings: {names}", hint="export them, see README.md") from error
