"""What each side calls, and on what: recorded by the local cloud while they do all they do.

A fault that waits for no time fires at every call of a service and keeps it.
"""

import json
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.e2e.disasters import DISASTERS, Disaster, catalog_quiet_within
from tests.harness import Rebound, make_rebound
from tests.integration.configuration import make_sandbox
from tests.served import serving
from tests.standin.cloud import PROJECT, SERVICES, Cloud, Service, running
from tests.standin.seed.configuration import seed_control_plane
from tests.standin.seed.objects import seed_storage
from tests.standin.seed.states import seed_firestore
from tests.standin.seed.warehouse import seed_bigquery

_SCALE = 0.002
_DATASET = re.compile(r"/datasets/([^/:?]+)")
_BUCKET = re.compile(r"/b/([^/?]+)")
# The clock asks the root of the service, and a batch is the calls that are in it.
_FUNCTIONS = {"verify": ("verify",), "watch": ("tick", "expire")}
_SANDBOX = "some-sandbox"
_SECOND = "some-second-place"
_OF_DRILLS = re.compile(r"rebound[_-]drill[_-]")
_NO_CALL = ("unknown", "storage.batch", "")

type Calls = set[tuple[str, str]]
"""What a call is about, and its method as the API names it."""


def recorded(folder: Path) -> dict[str, Calls]:
    """Return the calls of each side on a platform that is backed up, lost, recovered and tidied."""
    with pytest.MonkeyPatch.context() as environment, running(folder / "cloud") as cloud:
        for name, value in cloud.env.items():
            environment.setenv(name, value)
        with cloud.minutes_ago(60):
            for seed in (seed_bigquery, seed_storage, seed_firestore):
                seed(PROJECT, _SCALE)
            seed_control_plane(PROJECT)
        catalog = catalog_quiet_within(0, folder)
        rebound = make_rebound(
            cloud, folder, PROJECT, REBOUND_CATALOG=catalog, REBOUND_SECOND_BUCKET=_SECOND
        )
        with serving(rebound) as function, _recording(cloud) as backup:
            run = function.complete("recorded")["run_id"]
        by_function = {name: _called(cloud, rebound, *those) for name, those in _FUNCTIONS.items()}
        restore, configuration = _recovered(cloud, rebound)
        with _recording(cloud) as expiry:
            for words in (("verify",), ("hold", run), ("release", run)):
                rebound.run(*words)
            for command in ("expire", "prune"):
                rebound.run(command, "--yes")
        with _recording(cloud) as doctor:
            rebound.ended("doctor", "--side", "backup")
        drill, drilled = _drilled(cloud, rebound)
    sides = {
        "backup": backup,
        "restore": restore,
        "expiry": expiry,
        "doctor": doctor,
        "drill": drill,
        **by_function,
    }
    told = {side: set(_told(calls, rebound)) for side, calls in sides.items()}
    told["restore"] |= {("resources", call.partition(" ")[0]) for call in configuration}
    told["sandbox"] = {("resources", call.partition(" ")[0]) for call in drilled}
    return told


def _recovered(cloud: Cloud, rebound: Rebound) -> tuple[list[str], list[str]]:
    """Return the calls of recovering from each disaster, and those about the configuration."""
    restore: list[str] = []
    configuration: list[str] = []
    for disaster in DISASTERS:
        disaster.strike(rebound)
        for words, code in _commands(disaster):
            with _recording(cloud) as calls, _recording(cloud, ("platform",)) as called:
                rebound.run(*words, code=code)
            restore += calls
            configuration += called if disaster.supply is not None else []
            if code and disaster.supply is not None:
                disaster.supply(rebound)
    return restore, configuration


def _back_up_configuration(rebound: Rebound) -> None:
    """Make a run without tables for the drill of an outage: what drills do to tables the sample shows."""
    path = Path(rebound.env["REBOUND_CATALOG"])
    catalog = json.loads(path.read_text(encoding="utf-8"))
    some = path.with_name("configuration.json")
    some.write_text(json.dumps({**catalog, "tables": []}), encoding="utf-8")
    env = {**rebound.env, "REBOUND_CATALOG": str(some)}
    with serving(replace(rebound, env=env)) as function:
        function.complete("configuration")


def _drilled(cloud: Cloud, rebound: Rebound) -> tuple[list[str], list[str]]:
    """Return the calls of drills into a sandbox, and those about configuration, of every type that is drilled."""
    make_sandbox(rebound, _SANDBOX)
    with _recording(cloud) as calls:
        rebound.run("drill", "--sample", "--project", _SANDBOX)
    _back_up_configuration(rebound)
    with _recording(cloud, ("platform",)) as called:
        record = rebound.json("drill", "complete-outage", "--project", _SANDBOX)
    assert record["verdict"] == "pass", record["why"]
    return calls, called


def _commands(disaster: Disaster) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the commands that recover from a disaster as the demo does, each with how it ends."""
    confirmed = ("--confirm-project", PROJECT, "--yes")
    code = 6 if disaster.supply else 0
    yield ("recover", disaster.scenario, *disaster.words, *confirmed), code
    if code:
        yield ("resume", "--access", "--overwrite", "*", *confirmed), 0
    yield from ((following, 0) for following in disaster.then)


# What is read of the platform's configuration has a row a type, not a call.
_OF_DATA = tuple(service for service in SERVICES if service != "platform")


def _called(cloud: Cloud, rebound: Rebound, *targets: str) -> list[str]:
    """Return the calls of functions; one that finds nothing damaged has replaced no verdict."""
    with _recording(cloud) as calls:
        for target in targets:
            with serving(rebound, target) as function:
                answer = function.call()
                assert answer.status_code == requests.codes.ok, answer.text
    return calls


@contextmanager
def _recording(cloud: Cloud, services: tuple[Service, ...] = _OF_DATA) -> Generator[list[str]]:
    """Keep every call that is made while the block runs, as its method and `path?query`."""
    found: list[str] = []
    every = {"operation": ".*", "kind": "latency", "seconds": 0, "times": None}
    for service in services:
        cloud.order(service, "faults", **every)
    yield found
    for service in services:
        found += [call for fault in cloud.clear_faults(service) for call in fault["calls"]]


def _told(calls: Iterable[str], rebound: Rebound) -> Iterator[tuple[str, str]]:
    """Yield what each call is about, and its method."""
    own = {
        rebound.env["REBOUND_VAULT_BUCKET"]: "vault",
        _SECOND: "vault",
        rebound.env["REBOUND_LANDING_BUCKET"]: "landing",
        "rebound_scratch": "scratch",
        "rebound_undo": "undo",
    }

    def place(name: str, others: str) -> str:
        return "sandbox" if _OF_DRILLS.match(name) else own.get(name, others)

    for item in calls:
        method, _, target = item.partition(" ")
        if method in _NO_CALL:
            continue
        datasets, buckets = _DATASET.findall(target), _BUCKET.findall(target)
        for name in datasets:
            yield place(name, "datasets"), method
        for name in buckets:  # a copy is about two
            yield place(name, "buckets"), method
        if not datasets and not buckets:
            yield "sandbox" if _SANDBOX in target else "project", method
