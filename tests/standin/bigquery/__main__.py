"""Run the BigQuery stand-in: `python -m tests.standin.bigquery --data-dir D --storage URL`."""

import atexit
import os

from tests.standin.bigquery.app import create_app
from tests.standin.bigquery.settings import Settings
from tests.standin.bigquery.state.job import KINDS
from tests.standin.process import parser, serve


def main() -> None:
    """Serve until a signal comes or the parent is gone."""
    options = parser("A local BigQuery")
    options.add_argument("--storage", default="", help="address of Cloud Storage")
    options.add_argument("--location", default="US", help="location of datasets that name none")
    options.add_argument(
        "--job-latency", type=float, default=0.0, help="seconds that every job waits first"
    )
    options.add_argument("--rows-per-file", type=int, help="rows of one extracted file")
    given = options.parse_args()
    settings = Settings(
        storage_url=given.storage.rstrip("/"),
        location=given.location,
        latency_seconds=dict.fromkeys(KINDS, given.job_latency),
        rows_per_file=given.rows_per_file,
    )
    try:
        serve(create_app(given.data_dir, settings), port=given.port)
    except SystemExit:
        # What the interpreter takes down at its end, DuckDB reports as leaks on the terminal.
        atexit.register(os._exit, 0)
        raise


if __name__ == "__main__":
    main()
