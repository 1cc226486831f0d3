"""What differs between the recovery point and the world. Pure, and failing closed.

What could not be observed differs: a comparison never passes because there was nothing to compare.
"""

from recovery.compare.findings import Finding as Finding
from recovery.compare.tables import DATASET_PROPERTIES as DATASET_PROPERTIES
from recovery.compare.tables import ObservedTable as ObservedTable
from recovery.compare.tables import dataset_findings as dataset_findings
from recovery.compare.tables import definition_findings as definition_findings
from recovery.compare.tables import property_findings as property_findings
from recovery.compare.tables import row_findings as row_findings
from recovery.compare.tables import shape_findings as shape_findings
from recovery.compare.tables import table_findings as table_findings
