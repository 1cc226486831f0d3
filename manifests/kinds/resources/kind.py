"""Resources of the platform's configuration as a kind of part: each type is one part."""

from manifests.kind import PartKind
from manifests.kinds.resources.checks import check_resources
from manifests.kinds.resources.layout import type_segment
from manifests.kinds.resources.model import ResourceBackup
from manifests.kinds.resources.table import resource_type

RESOURCES = PartKind(
    name="resources",
    noun="type of resources",
    label="resources {}",
    counted="resources",
    model=ResourceBackup,
    folder=type_segment,
    check=check_resources,
    is_restored_empty=False,
    # They are what writes, and Terraform alone knows how each has to be set.
    is_written=False,
    is_checked=False,
    why_not_drilled=lambda name: resource_type(name).why_not_drilled,
)
