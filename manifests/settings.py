"""Settings that both sides have, and how they are read: environment variables, REBOUND_."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from manifests.errors import UsageError
from manifests.ids import BucketName, ProjectId


class CommonSettings(BaseSettings):
    """Where the platform and its backups are.

    Attributes:
        project: The project whose data is protected, and in which jobs run; a recovery's
            `--into-project` names another.
        vault_bucket: Where backups are kept; only expiry overwrites or deletes anything in it.
        landing_bucket: Where extracts land and leases and journals are kept; it has no retention.
        scratch_dataset: A dataset whose tables expire by themselves, for frozen copies and staging.
        catalog: Another catalog than the one that is shipped.
        parallel_tables: Parts of a run, or tables of a recovery, in flight at once.
        parallel_streams: Parts of one Firestore database in flight at once.
    """

    model_config = SettingsConfigDict(env_prefix="REBOUND_", frozen=True)

    project: ProjectId
    vault_bucket: BucketName
    landing_bucket: BucketName
    scratch_dataset: str = Field(default="rebound_scratch", pattern=r"^[A-Za-z0-9_]{1,1024}$")
    catalog: Path | None = None
    parallel_tables: int = Field(default=16, ge=1, le=100)
    parallel_streams: int = Field(default=4, ge=1, le=32)


def read_settings[Settings: CommonSettings](kind: type[Settings]) -> Settings:
    """Read settings from the environment.

    Raises:
        UsageError: One is missing or wrong; the message names each.
    """
    try:
        return kind()
    except ValidationError as error:
        names = "; ".join(
            f"REBOUND_{str(item['loc'][0]).upper()} "
            + ("is not set" if item["type"] == "missing" else f"is wrong: {item['msg']}")
            for item in error.errors()
        )
        raise UsageError(names, hint="README.md lists the settings") from error
