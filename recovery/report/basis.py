"""What the report of a recovery rests on, when it is read again. Pure.

It lies where others can write. What of it can be held against something else is; the rest is what
somebody wrote, and the report says so.
"""

from typing import Literal

from manifests.values import UtcTime, Value
from recovery.document import Facts
from recovery.outcome import RecoveryReport

_MANIFEST = {
    "same": "is the one that the recovery was made of",
    "other": "IS NOT THE ONE THAT THE RECOVERY WAS MADE OF",
    "unreadable": "CANNOT BE READ ANY MORE",
}


class Basis(Value):
    """What a report rests on.

    Attributes:
        written_at: When it was written, on Cloud Storage's clock.
        manifest: How the manifest of its run is now; None where nothing came from a run.
    """

    written_at: UtcTime
    manifest: Literal["same", "other", "unreadable"] | None = None

    def facts(self, report: RecoveryReport) -> Facts:
        """Say what the report rests on."""
        told = [("written", f"{self.written_at:%Y-%m-%d %H:%M:%S} UTC, in the landing bucket")]
        if self.manifest is not None:
            told.append(
                ("manifest", f"that of run {report.plan.run_id} {_MANIFEST[self.manifest]}")
            )
        told.append(("now", "nothing was looked at again; `rebound plan` does"))
        return Facts(tuple(told))
