"""A wide table is fingerprinted in a few times what making it takes, on the local cloud."""

import time
from pathlib import Path

from tests.bench.platform import rebound_on_cloud
from tests.bench.ratio import Ratio
from tests.contract.bigquery.measuring import measure as fingerprints

ROWS, ROUNDS = 20_000, 3
COLUMNS = ", ".join(
    [f"i + {at} AS i{at}" for at in range(20)]
    + [f"i * {at} / 7 AS f{at}" for at in range(20)]
    + [f"CONCAT('text ', CAST(i AS STRING), '{at}') AS s{at}" for at in range(20)]
)


def measure(folder: Path) -> list[Ratio]:
    """Measure making a table of 60 columns and fingerprinting it; the best round of each counts."""
    made, taken = [], []
    with rebound_on_cloud(folder) as rebound:
        client = rebound.bigquery_client
        client.create_dataset("bench")
        for at in range(ROUNDS):
            name, began = f"bench.wide{at}", time.monotonic()
            rebound.query(
                f"CREATE TABLE {name} AS SELECT {COLUMNS} FROM UNNEST(GENERATE_ARRAY(1, {ROWS})) AS i"
            )
            made.append(time.monotonic() - began)
            resource, began = client.get_table(name).to_api_repr(), time.monotonic()
            assert fingerprints(client, name, resource)["__ALL__"].row_count == ROWS
            taken.append(time.monotonic() - began)
    return [
        Ratio(
            "fingerprinting 60 columns / making them",
            min(taken) / min(made),
            "at most",
            20,
            f"{min(taken):.2f} s / {min(made):.2f} s",
        )
    ]
