"""What setting the old expiration of a table would delete is told beforehand."""

from recovery.kinds.tables.rules.tables import plan_table
from tests.unit.samples import POINT, games
from tests.unit.worlds import EQUAL, now, request


def test_rows_that_the_old_expiration_deletes_are_counted():
    """Setting it back deletes them: the plan names each partition, and how many rows go."""
    table = games()
    rule = {**table.resource["timePartitioning"], "expirationMs": str(24 * 3600 * 1000)}
    resource = {**table.resource, "timePartitioning": rule}
    found = now(EQUAL).model_copy(update={"read_at": POINT})
    made = plan_table(table.model_copy(update={"resource": resource}), found, request())
    days = ("20241231", "20250101")
    assert made.seen == {name: EQUAL[name] for name in days}
    assert made.losing == sum(EQUAL[name].row_count for name in days)
    assert made.needs_overwrite
