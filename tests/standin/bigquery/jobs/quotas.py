"""How many loads a table takes in a day (BigQuery, Quotas and limits, Load jobs)."""

import threading
from collections import defaultdict, deque

from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.service import Settings

_DAY_MICROS = 24 * 3600 * 1_000_000


class LoadQuota:
    """The loads of each table in the last 24 hours. Safe to share between threads.

    Args:
        settings: How many a table takes.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._loads: dict[TableKey, deque[int]] = defaultdict(deque)

    def take(self, key: TableKey, now_micros: int) -> None:
        """Count a load of a table, which counts also when it fails (Optimize load jobs).

        Users saw the words and where they point (pingcap-inc/tidb2dw issue 91).

        Raises:
            BigQueryError: The table has had as many as it takes.
        """
        with self._guard:
            loads = self._loads[key]
            while loads and loads[0] <= now_micros - _DAY_MICROS:
                loads.popleft()
            if len(loads) >= self._settings.loads_per_table:
                raise BigQueryError(
                    "quotaExceeded",
                    "Quota exceeded: Your table exceeded quota for imports or query appends per "
                    "table. For more information, see "
                    "https://cloud.google.com/bigquery/docs/troubleshoot-quotas",
                    location="load_job_per_table.long",
                )
            loads.append(now_micros)
