"""What differs between the recovery point and the world. Pure, and failing closed.

What could not be observed differs: a comparison never passes because there was nothing to compare.
"""

from recovery.compare.findings import Finding as Finding
from recovery.compare.observed import Expired as Expired
from recovery.compare.observed import ObservedTable as ObservedTable
from recovery.compare.observed import PartitionSet as PartitionSet
from recovery.compare.observed import expired_of as expired_of
from recovery.compare.observed import newer_than as newer_than
from recovery.compare.observed import still_kept as still_kept
from recovery.compare.properties import changes as changes
from recovery.compare.properties import comparable as comparable
from recovery.compare.properties import is_authorized as is_authorized
from recovery.compare.properties import same_entry as same_entry
from recovery.compare.properties import settings as settings
from recovery.compare.tables import dataset_findings as dataset_findings
from recovery.compare.tables import definition_findings as definition_findings
from recovery.compare.tables import property_findings as property_findings
from recovery.compare.tables import row_findings as row_findings
from recovery.compare.tables import shape_findings as shape_findings
from recovery.compare.tables import table_findings as table_findings
