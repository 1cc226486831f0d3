"""Settings that both sides have, and how they are read: environment variables, REBOUND_."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from manifests.errors import UsageError
from manifests.ids import BucketName, ProjectId
from manifests.signing import TrustedKeys

KEY_VERSION = (
    r"^(projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+"
    r"/cryptoKeyVersions/[1-9][0-9]*)?$"
)
"""What a version of a key of Cloud KMS is called, or nothing."""


class CommonSettings(BaseSettings):
    """Where the platform and its backups are.

    Attributes:
        project: The project whose data is protected, and in which jobs run; a recovery's
            `--into-project` names another.
        vault_bucket: Where backups are kept; only expiry overwrites or deletes anything in it.
        landing_bucket: Where extracts land and leases and journals are kept; it has no retention.
        second_bucket: Where runs of the platform's configuration alone are kept as well, for longer: a
            vault of its own, in another project and another location; the vault alone when empty.
        scratch_dataset: A dataset whose tables expire by themselves, for frozen copies and staging.
        catalog: Another catalog than the one that is shipped.
        trusted_keys: The public keys, in PEM, whose documents are believed; where there is none,
            every document is.
        operator_keys: The public keys, in PEM, whose journals and records are believed; where there is
            none, all are.
        api_endpoint: What stands before the host in the addresses of Google's REST APIs.
        parallel_tables: Parts of a run, or tables of a recovery, in flight at once.
        parallel_streams: Parts of one Firestore database in flight at once.
    """

    model_config = SettingsConfigDict(env_prefix="REBOUND_", frozen=True)

    project: ProjectId
    vault_bucket: BucketName
    landing_bucket: BucketName
    second_bucket: BucketName | Literal[""] = ""
    scratch_dataset: str = Field(default="rebound_scratch", pattern=r"^[A-Za-z0-9_]{1,1024}$")
    catalog: Path | None = None
    trusted_keys: str = ""
    operator_keys: str = ""
    api_endpoint: str = Field(default="https:/", pattern=r"^https?:/(/[^\s?#]+)?$")
    parallel_tables: int = Field(default=16, ge=1, le=100)
    parallel_streams: int = Field(default=4, ge=1, le=32)

    @property
    def own_buckets(self) -> tuple[str, ...]:
        """Return the buckets that backups and journals are kept in."""
        named = (self.vault_bucket, self.landing_bucket, self.second_bucket)
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def place(self) -> Literal["", "configuration"]:
        """Return of which place the runs of the vault are: whoever recovers may read the second one."""
        return "configuration" if self.vault_bucket == self.second_bucket else ""

    @cached_property
    def trusted(self) -> TrustedKeys:
        """Return whose manifests are believed."""
        return TrustedKeys(self.trusted_keys)

    @cached_property
    def trusted_operators(self) -> TrustedKeys:
        """Return whose journals and records are believed."""
        return TrustedKeys(self.operator_keys)

    @field_validator("trusted_keys", "operator_keys")
    @classmethod
    def _keys_are_read(cls, pem: str) -> str:
        TrustedKeys(pem)
        return pem

    @model_validator(mode="after")
    def _buckets_differ(self) -> "CommonSettings":
        if self.vault_bucket == self.landing_bucket:
            # What lands is removed after a while, and more people may write there.
            message = "REBOUND_VAULT_BUCKET and REBOUND_LANDING_BUCKET name one bucket"
            raise ValueError(message)
        if self.second_bucket == self.landing_bucket:
            message = "REBOUND_SECOND_BUCKET and REBOUND_LANDING_BUCKET name one bucket"
            raise ValueError(message)
        return self


_HINT = "runbooks/deploy.md, step 7, sets them; recovery/README.md says what each is"


def read_settings[Settings: CommonSettings](kind: type[Settings]) -> Settings:
    """Read settings from the environment.

    Raises:
        UsageError: One is missing or wrong; the message names each.
    """
    try:
        return kind()
    except ValidationError as error:
        names = "; ".join(map(_told, error.errors()))
        raise UsageError(names, hint=_HINT) from error


def _told(error: ErrorDetails) -> str:
    if not error["loc"]:
        return error["msg"].removeprefix("Value error, ")
    what = "is not set" if error["type"] == "missing" else f"is wrong: {error['msg']}"
    return f"REBOUND_{str(error['loc'][0]).upper()} {what}"
