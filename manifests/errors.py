"""The one tree of errors.

Each class carries the operator's exit code, the HTTP status a function answers, and whether a retry
can help. Unknown exit codes must be treated as failures.

    ReboundError                     1   a bug, unless a subclass says otherwise
    ├── UsageError                   2   a bad argument, request or setting
    │   ├── CatalogError             2   manifests/catalog.json does not hold together
    │   └── MisconfiguredError       2   Rebound cannot work as it is set up
    ├── NoRecoveryPointError         3   no complete run serves the request
    ├── BackupDamagedError           4   a stored backup is not what its manifest says
    │   ├── ManifestMissingError
    │   ├── ManifestTruncatedError
    │   ├── ManifestAlteredError
    │   ├── ManifestFormatError
    │   ├── ManifestUntrustedError
    │   ├── UnsafeNameError
    │   ├── ObjectMissingError
    │   ├── ObjectChangedError
    │   ├── AvroDamagedError
    │   └── StrangeObjectError
    ├── RefusedError                 5   nothing was changed
    │   └── RunInProgressError       5   another process holds the lease of this run
    ├── PartialError                 6   some of it is done, a retry continues
    │   └── UnprotectedError         6   a run is written, some of what it lists is not in the vault
    ├── NotEqualError                7   restored, and not equal to the recovery point
    ├── ObjectiveMissedError         8   proven, but late or from too old a point; a fence stands for too long
    ├── UnhealthyError              10   what was looked at is not healthy, or could not be looked at
    ├── NeedsAttentionError         11   it works, and something will not for long
    └── CloudError                   9   Google Cloud refused or was unavailable
        ├── SourceUnreadableError    9   a protected table cannot be read as it is
        │   ├── SourceMissingError   9   there is none
        │   ├── NeverThereError      9   there was none at the recovery point
        │   └── PointLostError       9   it cannot be read as it was at the recovery point any more
        ├── ProtectedError           9   a hold or retention of Cloud Storage keeps an object as it is
        └── LeaseLostError           9   the lease of this run was taken over
"""

from typing import ClassVar


class ReboundError(Exception):
    """What happened, to what, and what to do next.

    Args:
        message: One sentence: what happened.
        subject: The table, object or run it happened to.
        hint: The next command or action for the operator.
        retryable: Whether the same call can succeed later; the class decides when it is None.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    default_retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, subject: str = "", hint: str = "", retryable: bool | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.hint = hint
        self.retryable = self.default_retryable if retryable is None else retryable

    @property
    def may_pass(self) -> bool:
        """Whether a schedule is to make the same call again."""
        return self.retryable

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message

    def as_json(self) -> dict[str, object]:
        """Return the error as plain values, for `--json`, logs and HTTP answers."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "subject": self.subject,
            "hint": self.hint,
            "retryable": self.retryable,
            "exit_code": self.exit_code,
        }


class UsageError(ReboundError):
    """A bad argument, request or setting."""

    exit_code = 2
    http_status = 400


class CatalogError(UsageError):
    """The catalog does not hold together."""


class MisconfiguredError(UsageError):
    """Rebound cannot work as it is set up; once it is, the same call helps."""

    http_status = 500
    default_retryable = True


class NoRecoveryPointError(ReboundError):
    """No complete run serves the request."""

    exit_code = 3
    http_status = 404


class BackupDamagedError(ReboundError):
    """A stored backup is not what its manifest says."""

    exit_code = 4


class ManifestMissingError(BackupDamagedError):
    """The run has no manifest, so there is no backup."""


class ManifestTruncatedError(BackupDamagedError):
    """The manifest is not a whole JSON document."""


class ManifestAlteredError(BackupDamagedError):
    """The manifest's content does not match its own digest."""


class ManifestFormatError(BackupDamagedError):
    """The manifest has an unknown major version or does not fit its format."""


class ManifestUntrustedError(BackupDamagedError):
    """Nobody whose key is trusted signed the manifest."""


class UnsafeNameError(BackupDamagedError):
    """A name would escape the place it belongs to."""


class ObjectMissingError(BackupDamagedError):
    """An object the manifest lists is not there."""


class ObjectChangedError(BackupDamagedError):
    """An object's size, checksum or generation is not what the manifest says."""


class AvroDamagedError(BackupDamagedError):
    """A file is not a whole Avro object container file."""


class StrangeObjectError(BackupDamagedError):
    """Something lies where a run would write its own, and that run did not write it."""


class RefusedError(ReboundError):
    """Refused before anything was changed."""

    exit_code = 5
    http_status = 409


class RunInProgressError(RefusedError):
    """Another process holds the lease of this run."""

    http_status = 503
    default_retryable = True


class PartialError(ReboundError):
    """Some of the work is done; a retry or `rebound resume` continues it."""

    exit_code = 6
    default_retryable = True


class UnprotectedError(PartialError):
    """A run is written and can be restored, but some content that it lists is not in the vault."""

    http_status = 422
    default_retryable = False


class NotEqualError(ReboundError):
    """Restored, and not equal to the recovery point."""

    exit_code = 7


class ObjectiveMissedError(ReboundError):
    """Proven, but late or from too old a point; or a fence stands for too long."""

    exit_code = 8


class UnhealthyError(ReboundError):
    """What was looked at is not healthy, or could not be looked at."""

    exit_code = 10


class NeedsAttentionError(ReboundError):
    """What was looked at works, and something of it will not for long."""

    exit_code = 11


class CloudError(ReboundError):
    """Google Cloud refused the call or was unavailable.

    Attributes:
        is_unconfirmed: Whether it is one answer that something is not there. It can be false; what a second
            look confirms has an error of its own.
    """

    exit_code = 9
    http_status = 502
    is_unconfirmed = False

    @property
    def may_pass(self) -> bool:
        """Whether a schedule is to make the same call again."""
        return self.retryable or self.is_unconfirmed


class SourceUnreadableError(CloudError):
    """A protected table cannot be read as it is."""

    http_status = 422


class SourceMissingError(SourceUnreadableError):
    """There is no such table."""


class NeverThereError(SourceUnreadableError):
    """A table of a wholly protected dataset was not there at the run's recovery point."""


class PointLostError(SourceUnreadableError):
    """A protected part cannot be read any more, or never could, as of the run's recovery point."""


class ProtectedError(CloudError):
    """A hold or a retention of Cloud Storage keeps an object as it is."""


class LeaseLostError(CloudError):
    """The lease of this run was taken over by another process."""

    http_status = 503
    default_retryable = True
