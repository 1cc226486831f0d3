"""What an operator sets on the function."""

import re

from pydantic import Field, SecretStr, field_validator, model_validator

from manifests.settings import KEY_VERSION, CommonSettings
from manifests.store.claims import MOST_SECONDS
from manifests.verification import MOST_SHARES

_ADDRESS = re.compile(r"(https?://[^\s]+)?")


class FunctionSettings(CommonSettings):
    """The function's settings.

    Attributes:
        parallel_listings: Key ranges of one bucket that are listed at once.
        parallel_copies: Objects of one bucket that are copied at once.
        most_copied_objects: Objects of one bucket that one run copies. Where more are still to be
            copied, the run says so and does not answer 200; the next one goes on.
        lease_seconds: How long a silent run keeps others out.
        frozen_hours: How long a frozen copy lives when nothing removes it.
        signing_key: The version of a key of Cloud KMS that signs what a run says of itself; empty
            leaves that unsigned.
        verify_nights: In how many nights `verify` reads everything that is stored once.
        expire_armed: Whether `expire` deletes; otherwise it only says what it would.
        webhook_url: Where how a night goes is told, as Slack takes it; a secret, nowhere when empty.
        heartbeat_url: Where an outside service is told that a night begins and ends well; a secret,
            nowhere when empty.
    """

    parallel_listings: int = Field(default=8, ge=1, le=64)
    parallel_copies: int = Field(default=64, ge=1, le=500)
    most_copied_objects: int = Field(default=3_000_000, ge=0)
    lease_seconds: float = Field(default=120, gt=0, le=MOST_SECONDS)
    frozen_hours: int = Field(default=24, ge=1)
    signing_key: str = Field(default="", pattern=KEY_VERSION)
    verify_nights: int = Field(default=7, ge=1, le=MOST_SHARES)
    expire_armed: bool = False
    webhook_url: SecretStr = SecretStr("")
    heartbeat_url: SecretStr = SecretStr("")

    @field_validator("webhook_url", "heartbeat_url")
    @classmethod
    def _are_addresses(cls, url: SecretStr) -> SecretStr:
        if not _ADDRESS.fullmatch(url.get_secret_value()):
            message = "no address that begins with https://"
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _second_place_is_another(self) -> "FunctionSettings":
        if self.place:
            message = "REBOUND_VAULT_BUCKET and REBOUND_SECOND_BUCKET name one bucket"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _signatures_are_checked(self) -> "FunctionSettings":
        if self.signing_key and not self.trusted:
            # The next night could not tell its own runs from others.
            message = "REBOUND_SIGNING_KEY needs its public key in REBOUND_TRUSTED_KEYS"
            raise ValueError(message)
        return self
