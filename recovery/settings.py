"""What an operator sets for the command."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from manifests.ids import ProjectId
from manifests.settings import KEY_VERSION, CommonSettings
from recovery.settings_file import read_settings_file, settings_file


class Settings(CommonSettings):
    """The operator's settings.

    Attributes:
        undo_dataset: Where the state before a recovery is kept, as snapshots.
        undo_days: How long undo points are kept.
        parallel_objects: Requests in flight at once that write objects, each for up to 25. Where
            the service writes those one after the other, 64 make about 1,000 writes a second, which
            a bucket takes without a ramp (Cloud Storage, Request rate); what it refuses as too much
            is written again one by one, slower and slower.
        region: Where the functions and their schedules are; the catalog's location when empty.
        contacts: Whom to call, which `doctor` looks at.
        operator_key: The version of a key of Cloud KMS that signs what operators' commands write:
            journals and records of drills; empty leaves them unsigned. It is none that manifests are
            believed by: who recovers makes no backups.
        sandbox: The project that drills recover to; empty where each drill names one.
    """

    undo_dataset: str = Field(default="rebound_undo", pattern=r"^[A-Za-z0-9_]{1,1024}$")
    undo_days: int = Field(default=7, ge=1)
    parallel_objects: int = Field(default=64, ge=1, le=500)
    region: str = Field(default="", pattern=r"^([a-z]+-[a-z]+[0-9]+)?$")
    contacts: Path = Path("runbooks/contacts.json")
    operator_key: str = Field(default="", pattern=KEY_VERSION)
    sandbox: ProjectId | Literal[""] = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values come from, the first one first: the environment, then the file."""
        del dotenv_settings, file_secret_settings
        if (file := settings_file()) is None:
            return init_settings, env_settings
        said = read_settings_file(file, cls.model_fields)
        return init_settings, env_settings, InitSettingsSource(settings_cls, said)

    @property
    def working_datasets(self) -> tuple[str, str]:
        """Return the datasets that Rebound itself works in."""
        return self.scratch_dataset, self.undo_dataset

    @model_validator(mode="after")
    def _datasets_differ(self) -> "Settings":
        if self.scratch_dataset.lower() == self.undo_dataset.lower():
            # Staging tables expire long before an undo point may.
            message = "REBOUND_SCRATCH_DATASET and REBOUND_UNDO_DATASET name one dataset"
            raise ValueError(message)
        return self
