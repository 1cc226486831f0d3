"""A seeded platform on a local cloud of its own, for one benchmark."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from manifests.kinds.tables.kind import TABLES
from manifests.parts import PARTS
from tests.deployed import ROOT
from tests.harness import Rebound, make_rebound
from tests.standin.cloud import PROJECT, running
from tests.standin.seed.configuration import seed_control_plane
from tests.standin.seed.objects import seed_storage
from tests.standin.seed.states import seed_firestore
from tests.standin.seed.warehouse import seed_bigquery


@contextmanager
def rebound_on_cloud(folder: Path, *, scale: float | None = None) -> Generator[Rebound]:
    """Run a local cloud with a platform until the block ends.

    Args:
        folder: For the cloud's state and files.
        scale: The part of the platform's rows that is seeded, as if an hour ago; None seeds none.
    """
    with pytest.MonkeyPatch.context() as environment, running(folder / "cloud") as cloud:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        if scale is not None:
            with cloud.minutes_ago(60):
                seed_bigquery(PROJECT, scale)
        made = make_rebound(cloud, folder, PROJECT)
        _protect(made, resources=[])
        yield made


@contextmanager
def rebound_of_everything(folder: Path, *, scale: float) -> Generator[Rebound]:
    """Run a local cloud with all that the shipped catalog names until the block ends; arguments as above."""
    with pytest.MonkeyPatch.context() as environment, running(folder / "cloud") as cloud:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        with cloud.minutes_ago(60):
            for seed in (seed_bigquery, seed_storage, seed_firestore):
                seed(PROJECT, scale)
            seed_control_plane(PROJECT)
        made = make_rebound(cloud, folder, PROJECT)
        _protect(made, protected_projects=())
        yield made


def protect_tables_only(rebound: Rebound) -> None:
    """Let both sides know a catalog of the shipped tables alone, in a project without protection."""
    others = {kind.name: () for kind in PARTS if kind is not TABLES}
    _protect(rebound, **others, protected_projects=())


def _protect(rebound: Rebound, **other: Sequence[str]) -> None:
    catalog = json.loads((ROOT / "manifests" / "catalog.json").read_text())
    path = rebound.folder / "tables.json"
    path.write_text(json.dumps({**catalog, **other}))
    rebound.env["REBOUND_CATALOG"] = str(path)
