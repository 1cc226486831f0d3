"""What every request works on."""

from dataclasses import dataclass, field

from tests.standin.bigquery.shared import Shared
from tests.standin.bigquery.state.answers import Answers
from tests.standin.bigquery.state.faults import JobFaults
from tests.standin.bigquery.state.insert_ids import InsertIds
from tests.standin.bigquery.state.rows_store import RowsStore
from tests.standin.bigquery.state.uploads import Uploads
from tests.standin.bigquery.state.workers import Workers
from tests.standin.bigquery.state.writers import Writers


@dataclass(kw_only=True)
class Service(Shared):
    """The parts that requests share."""

    rows: RowsStore
    job_faults: JobFaults
    uploads: Uploads
    insert_ids: InsertIds
    workers: Workers
    writers: Writers
    answers: Answers = field(default_factory=Answers)
