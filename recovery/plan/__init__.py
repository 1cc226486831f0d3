"""What a recovery would do, and why. Pure: models in, models out.

The plan is the whole decision. Executing it adds nothing, except that what turns out to be done
already is not done again.
"""

from manifests.references import definitions_of as definitions_of
from recovery.plan.access import PresentAccess as PresentAccess
from recovery.plan.approval import PlanFile as PlanFile
from recovery.plan.approval import approved as approved
from recovery.plan.approval import read_plan as read_plan
from recovery.plan.approval import seen_digest as seen_digest
from recovery.plan.buckets import BucketPlan as BucketPlan
from recovery.plan.definitions import DatasetStep as DatasetStep
from recovery.plan.definitions import DefinitionStep as DefinitionStep
from recovery.plan.definitions import authorized_name as authorized_name
from recovery.plan.fallen import FallBack as FallBack
from recovery.plan.fallen import pieced as pieced
from recovery.plan.observed import Observed as Observed
from recovery.plan.request import Request as Request
from recovery.plan.request import Target as Target
from recovery.plan.scope import ObjectScope as ObjectScope
from recovery.plan.sources import Source as Source
from recovery.plan.sources import SourceName as SourceName
from recovery.plan.sources import choose_source as choose_source
from recovery.plan.tables import Action as Action
from recovery.plan.tables import TableStep as TableStep
from recovery.plan.tables import plan_table as plan_table
from recovery.plan.unseen import Unseen as Unseen
from recovery.plan.unseen import looked_at as looked_at
from recovery.plan.unseen import told_apart as told_apart
from recovery.plan.whole import Plan as Plan
from recovery.plan.whole import make_plan as make_plan
from recovery.plan.whole import with_access as with_access
from recovery.plan.words import check_plan as check_plan
