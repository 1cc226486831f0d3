"""What was agreed of a recovery before anything is lost: how long it may take, and how much may be lost."""

from typing import Literal

from pydantic import Field

from manifests.values import Value

ScenarioName = Literal[
    "bigquery-dataset-loss",
    "gcs-bucket-corruption",
    "firestore-state-loss",
    "complete-outage",
    "processor-failure",
]
"""The disasters an operator can name."""


class Objective(Value):
    """What was agreed of the recovery after one disaster.

    Attributes:
        rto_seconds: The recovery has to be proven within this time.
        rpo_seconds: The recovery point may be this old when the disaster is noticed.
    """

    rto_seconds: int = Field(gt=0)
    rpo_seconds: int = Field(gt=0)
