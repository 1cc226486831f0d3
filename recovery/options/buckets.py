"""The options of a recovery that are about buckets. Pure."""

from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option


class BucketOptions(Value):
    """Which buckets, which of their objects, where to, and how."""

    bucket: Annotated[tuple[str, ...], Option("Only this bucket.", "buckets")] = ()
    prefix: Annotated[
        str, Option("Only objects whose names begin with this.", "objects.prefix")
    ] = ""
    pattern: Annotated[
        str,
        Option(
            "Only objects whose names match: * and ? in a folder, ** any folders.",
            "objects.pattern",
        ),
    ] = ""
    into_bucket: Annotated[
        str, Option("Restore into another bucket; made when there is none.", "target.bucket")
    ] = ""
    into_bucket_prefix: Annotated[
        str, Option("Restore into buckets whose names begin with this.", "target.bucket_prefix")
    ] = ""
    lock_again: Annotated[
        bool, Option("Lock objects again whose own retention was: for ever.", "lock_again")
    ] = False
