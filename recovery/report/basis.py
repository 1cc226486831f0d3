"""What the report of a recovery rests on, when it is read again. Pure.

Others can write where the report is stored. The manifest of its run is compared with the one that was
restored; of everything else the document says that nothing was looked at again.
"""

from collections.abc import Iterator
from typing import Literal

from manifests.values import UtcTime, Value
from recovery.document import Paragraph
from recovery.outcome import RecoveryReport

_MANIFEST = {
    "same": "is the one that was restored",
    "other": "IS NOT THE ONE THAT WAS RESTORED",
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

    def sentences(self, report: RecoveryReport) -> Iterator[Paragraph]:
        """Say what the report rests on."""
        when = f"{self.written_at:%Y-%m-%d %H:%M:%S} UTC"
        yield Paragraph(f"this report was written to the landing bucket on {when}")
        if self.manifest is not None:
            yield Paragraph(f"the manifest of run {report.plan.run_id} {_MANIFEST[self.manifest]}")
        yield Paragraph(
            "nothing was looked at again: `rebound plan "
            f"{report.plan.request.scenario}` tells what differs now"
        )
