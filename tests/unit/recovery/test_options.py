"""Every option there is reaches what is asked for; one that would be dropped cannot be stated."""

import inspect
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from typer.models import OptionInfo

from manifests import coverage
from manifests.errors import UsageError
from manifests.kinds.tables.kind import TABLES
from manifests.values import Value
from recovery.cli.commands import loaded
from recovery.cli.signature import takes_options
from recovery.options.asked import OPTIONS_OF, Options
from recovery.options.backup import BackupOptions
from recovery.options.option import Option, option_of
from recovery.options.processors import ProcessorOptions
from recovery.request import Request
from tests.unit.samples import catalog, manifest

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
CATALOG = catalog()
# What each option is given; it says something beside these others alone.
SAYS: dict[str, Any] = {
    "expire_at": datetime(2027, 1, 1, tzinfo=UTC),
    "at": datetime(2026, 11, 23, tzinfo=UTC),
    "run": "night",
    "table": ("nba.games",),
    "into_project": "elsewhere",
    "into_bucket": "another-bucket",
    "into_region": ("us-west2=us-east4",),
    "into_database": "copy-of-it",
    "bucket": ("raw-bucket",),
    "database": ("(default)",),
    "partition": ("20240101",),
}
ELSEWHERE = {**BackupOptions.model_fields, **ProcessorOptions.model_fields}
BESIDE = {"partition": {"table": ("nba.games",)}}


def scenario_of(name: str) -> str:
    """Return a scenario to which an option says something."""
    kinds = {kind for kind, options in OPTIONS_OF.items() if name in options.model_fields}
    if "resources" in kinds:
        return "complete-outage"
    if "buckets" in kinds:
        return "gcs-bucket-corruption"
    return "firestore-state-loss" if "databases" in kinds else "bigquery-dataset-loss"


def said(name: str) -> Any:  # noqa: ANN401 - the value of any option
    """Return what an option is given."""
    kind = Options.model_fields[name].annotation
    plain = {bool: True, str: "a", tuple[str, ...]: ("a",)}
    return SAYS[name] if name in SAYS else plain[kind]


def asked(options: type[Options], scenario: str, **given: Any) -> Request:  # noqa: ANN401 - as above
    """Return what some options ask for."""
    return options.given(given).request(scenario, CATALOG, project="platform", now=NOW)


@pytest.mark.parametrize("name", [name for name in Options.model_fields if name not in ELSEWHERE])
def test_each_option_is_asked_for(name: str):
    """An option that is said makes another request than one that is not."""
    scenario, beside = scenario_of(name), BESIDE.get(name, {})
    path = option_of(Options.model_fields[name]).asks.split(".")
    made, plain = (asked(Options, scenario, **beside, **more) for more in ({name: said(name)}, {}))
    for field in path:
        made, plain = getattr(made, field), getattr(plain, field)
    assert made == said(name) != plain


def test_which_options_choose_the_backup():
    """Only these say nothing of the request: who chooses the run, or the dates, takes each by name."""
    chooses = [name for name, field in Options.model_fields.items() if not option_of(field).asks]
    assert chooses == ["run", "at", "fall_back", "since", "processor", "date"]
    assert list(ELSEWHERE) == chooses


@pytest.mark.parametrize("command", ["plan", "recover"])
def test_the_command_line_has_each_once(command: str):
    """There is an option for each field, said as it is spelt; none is there twice."""
    parameters = loaded(command).params
    spelt = [word for item in parameters for word in item.opts]
    assert len(spelt) == len(set(spelt))
    for name, field in Options.model_fields.items():
        (found,) = (item for item in parameters if item.name == name)
        assert found.opts == [f"--{name.replace('_', '-')}"]
        assert found.help == option_of(field).help
    for kind, options in OPTIONS_OF.items():
        panels = {item.rich_help_panel for item in parameters if item.name in options.model_fields}
        assert panels == {f"Options of {kind}"}


def test_buckets_of_another_project_are_named():
    """A bucket's name is the same thing in every project: it would be the lost project's."""
    protected = catalog(buckets=[{"bucket": "raw-bucket"}])
    made = Options.given({"into_project": "elsewhere"})
    with pytest.raises(UsageError, match="bucket names are global"):
        made.request("gcs-bucket-corruption", protected, project="platform", now=NOW)


def test_an_option_that_would_be_dropped():
    """One whose request does not know it fails when it is said; one that is not stated, at once."""

    class Unasked(Options):
        unknown: Annotated[bool, Option("Nobody asks.", "no_field")] = False

    class Unstated(Value):
        silent: bool = False

    asked(Unasked, "bigquery-dataset-loss")
    with pytest.raises(UsageError, match="not a no field"):
        asked(Unasked, "bigquery-dataset-loss", unknown=True)
    with pytest.raises(TypeError, match="no option"):
        option_of(Unstated.model_fields["silent"])
    with pytest.raises(UsageError):
        Options.given({"no_option": True})


def test_a_command_is_given_its_signature():
    """What a command says for itself stays where it stands, and its options are read."""
    taken: list[object] = []

    def command(*, name: str, options: Options, yes: bool = False) -> None:
        """Do it."""
        taken.extend([name, options, yes])

    made = takes_options(command)
    names = list(inspect.signature(made).parameters)
    assert names == ["name", *Options.model_fields, "yes"]
    stated = inspect.signature(made).parameters["exact"].annotation.__metadata__[0]
    assert isinstance(stated, OptionInfo)
    nothing = dict.fromkeys(Options.model_fields)
    made(**{**nothing, "name": "x", "exact": True, "at": "2026-11-23T00:00Z", "yes": True})
    assert taken == ["x", Options(exact=True, at=SAYS["at"]), True]
    with pytest.raises(UsageError, match="not a time"):
        made(**{**nothing, "name": "x", "at": "yesterday"})


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ("nba.games",)),
        ({"table": ("gone.rows",)}, ("nba.games", "gone.rows")),
        ({"dataset": ("gone",)}, ("nba.games", "gone.rows")),
        ({"table": ("gone.other",)}, ("nba.games",)),
    ],
    ids=str,
)
def test_what_is_named_need_not_be_in_the_catalog(given: dict[str, Any], names: tuple[str, ...]):
    """A table that a run holds can be had by its name, though nobody protects it any more."""
    run = manifest()
    games = run.part(TABLES, "nba.games")
    assert games is not None
    gone = games.model_copy(update={"dataset_id": "gone", "table_id": "rows"})
    dataset = run.datasets[0].model_copy(update={"dataset_id": "gone"})
    run = run.model_copy(update={"tables": (games, gone), "datasets": (*run.datasets, dataset)})
    request = asked(Options, "bigquery-dataset-loss", **given)
    within = coverage.within(CATALOG, run, request.named)
    assert {item.name for item in within.tables} == set(names)
    assert ("gone.rows" in coverage.unprotected(CATALOG, run, request.named)) == (
        "gone.rows" not in names
    )
    assert ("gone" in {item.dataset_id for item in within.datasets}) == ("gone.rows" in names)
