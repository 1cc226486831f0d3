"""The options of a recovery that are about the platform's configuration. Pure."""

from typing import Annotated

from manifests.values import Value
from recovery.options.option import Option


class ResourceOptions(Value):
    """Where to, and what is made although another tool keeps it."""

    into_region: Annotated[
        tuple[str, ...],
        Option(
            "Make the configuration of a region in another, OLD=NEW; data stays.", "target.regions"
        ),
    ] = ()
    make: Annotated[
        tuple[str, ...],
        Option("Make this although Terraform keeps it, of what is missing; '*' for all.", "make"),
    ] = ()
