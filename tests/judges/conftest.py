"""The stand-in's own evaluation of a query, beside Google's."""

from collections.abc import Iterator

import pytest

from tests.judges.both import Rows, Standin
from tests.standin.bigquery.app import create_service
from tests.standin.bigquery.script.execute import run_script
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.settings import Settings
from tests.standin.bigquery.sql.results import json_rows


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """Return what evaluates a query as the stand-in does, in this process."""
    service = create_service(tmp_path_factory.mktemp("standin"), Settings())
    with service.database.reading() as connection:

        def rows(sql: str) -> Rows:
            session = Session(service=service, connection=connection, project="p")
            query = run_script(session, sql)[-1].query
            assert query is not None
            found = json_rows(connection, query.sql, query.fields)
            return [tuple(cell["v"] for cell in row["f"]) for row in found]

        yield rows
    service.workers.close()
    service.database.close()
