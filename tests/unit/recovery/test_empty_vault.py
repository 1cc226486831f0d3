"""What is hinted where the vault holds no run."""

import pytest

from manifests.catalog_drills import DrillRule
from manifests.selection import FIRST_BACKUP
from recovery.report.text import text_of
from recovery.status.document import status_document
from recovery.status.model import PartFacts, PartName, Status
from recovery.status.rules import NEVER, part_status
from tests.unit.samples import POINT


@pytest.mark.parametrize("is_required", [True, False])
def test_an_empty_vault_needs_a_backup(is_required: bool):  # noqa: FBT001 - a case
    """Neither a list of runs nor a drill helps where there is no run."""
    facts = PartFacts(
        PartName("tables", "nba.games"), "nba.games", is_required, None, None, None, has_runs=False
    )
    found = part_status(facts, DrillRule(), now=POINT)
    assert found.mend == FIRST_BACKUP
    due = found.model_copy(update={"drill_due_at": NEVER})
    told = Status(project="p", platform="b", looked_at=POINT, answer="", parts=(due,), others=())
    assert "rebound drill" not in text_of(status_document(told))
