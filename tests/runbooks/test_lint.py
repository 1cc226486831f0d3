"""What the pages have in common: their order, whom they name, and that nothing in them is gone."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from manifests.catalog import load_catalog
from recovery.doctor.rules.own import contact_problems
from recovery.scenarios import SCENARIOS, Scenario
from recovery.units import duration
from tests.commands import every_command, every_option
from tests.deployed import ROOT
from tests.judges.alert_lines import TITLES
from tests.runbooks.console import fences, refusal, steps
from tests.runbooks.strikes import STRIKES
from tests.runbooks.typed import unknown_to_gcloud, unknown_to_terraform, unreadable

RUNBOOKS = ROOT / "runbooks"
PAGES = sorted(path.relative_to(RUNBOOKS).as_posix() for path in RUNBOOKS.rglob("*.md"))
IN_ORDER = (
    "Is this real",
    "How bad",
    "Make it stop",
    "Bring it back",
    "How to know it worked",
    "How to undo",
    "Whom to tell",
    "Afterwards",
)
# Pages of another kind: an index, a card, a guide, a plan.
OF_ANOTHER_ORDER = (
    "README.md",
    "quick-card.md",
    "deploy.md",
    "quarterly-drill.md",
    "security.md",
    "without-rebound.md",
)
PAGES_IN_ORDER = [page for page in PAGES if page not in OF_ANOTHER_ORDER]
NARROWING = {
    "bigquery-dataset-loss": ("--dataset", "--table", "--exclude", "--only-missing"),
    "gcs-bucket-corruption": ("--bucket", "--prefix", "--pattern", "--exclude", "--only-missing"),
    "firestore-state-loss": ("--collection", "--document", "--exclude", "--only-missing"),
    "complete-outage": ("--exclude", "--only-missing"),
    "processor-failure": ("--processor", "--date", "--since"),
}
MOST_COMMANDS_OF_A_DEPLOYMENT = 10


def text(page: str) -> str:
    """Return what a page says."""
    return (RUNBOOKS / page).read_text()


def facts(page: str) -> tuple[str, ...]:
    """Return the severity, component, time and role of a page."""
    rows = re.findall(r"^\| (P[0-3]) \| (.+) \| (.+) \| `(.+)` \|$", text(page), re.MULTILINE)
    assert len(rows) == 1, page
    return tuple(rows[0])


def contacts() -> tuple[set[str], set[str]]:
    """Return the roles and the channels that the one file of contacts has."""
    content = json.loads((RUNBOOKS / "contacts.json").read_text())
    return set(content["roles"]), set(content["channels"])


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every `rebound ...` that a text names."""
    for found in re.findall(r"\brebound ((?:[a-z<-][^`\n]*)?)", text):
        yield found.split()


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_run_or_says_why_not(page: str):
    """Nothing stands in a page that nobody tried, without a word."""
    assert not [reason for fence in fences(RUNBOOKS / page) if (reason := refusal(fence))]


@pytest.mark.parametrize("page", PAGES)
def test_what_no_test_runs_can_be_typed(page: str):
    """Bash can read every block, `gcloud` knows its commands and options, Terraform what is asked of it."""
    for fence in fences(RUNBOOKS / page):
        lines = (
            [step.command for step in steps(fence.source)]
            if fence.info == "console"
            else [fence.source]
        )
        script = re.sub(r"<([A-Z_]+)>", r"\1", "\n".join(lines))
        assert unreadable(script) == "", script
        assert unknown_to_terraform(script) == [], script
        assert unknown_to_gcloud(script) == [], script


@pytest.mark.parametrize("page", PAGES)
def test_no_command_replaces_everything(page: str):
    """What is followed under stress replaces what it names, and nothing else."""
    typed = [
        step.command.replace("<", "").replace(">", "")
        for fence in fences(RUNBOOKS / page)
        for step in steps(fence.source)
    ]
    words = [shlex.split(line, comments=True) for line in typed if line.startswith("rebound ")]
    assert not [line for line in words if {"*", "--exact"} & set(line)]


@pytest.mark.parametrize("item", SCENARIOS, ids=lambda item: item.name)
def test_a_scenario_page_says_how_to_narrow(item: Scenario):
    """A part of what is lost comes back without the rest, and what is there stays."""
    assert {f"`{option}`" for option in NARROWING[item.name]} <= set(
        re.findall(r"`--[a-z-]+`", text(f"scenarios/{item.name}.md"))
    )


@pytest.mark.parametrize("page", PAGES)
def test_whoever_holds_and_expires_runs_is_named(page: str):
    """The identity that recovers may do neither."""
    for section in re.split(r"^## ", text(page), flags=re.MULTILINE):
        changes = re.search(r"rebound (hold|release|prune --yes)", section)
        assert not changes or "expiry_members" in section, page


@pytest.mark.parametrize("page", PAGES)
def test_states_are_no_words(page: str):
    """What stands in front of a line is its state, and what is typed are options."""
    assert not re.findall(r"\bwords?\b", text(page))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_with_commands_is_followed(page: str):
    """A page with a command that can be run is run."""
    runs = any(fence.info == "console" for fence in fences(RUNBOOKS / page))
    assert runs == (page in STRIKES)


@pytest.mark.parametrize("page", PAGES_IN_ORDER)
def test_headings_come_in_the_one_order(page: str):
    """Whoever knows one page finds everything in every other."""
    assert tuple(re.findall(r"^## (.*)$", text(page), re.MULTILINE)) == IN_ORDER


@pytest.mark.parametrize("page", PAGES_IN_ORDER)
def test_the_first_thing_is_a_command(page: str):
    """Whether it is real is a matter of one command."""
    beginning = text(page).partition("## Is this real")[2].partition("## How bad")[0]
    assert "```" in beginning


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_exist(page: str):
    """No page names a command or an option that is gone."""
    every = every_command()
    for words in commands(text(page)):
        name = max((it for it in every if words[: len(it.split())] == it.split()), key=len)
        known = {"--help", *(option for each in every[name].params for option in each.opts)}
        assert {word for word in words if word.startswith("--")} <= known, words


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.md"])
def test_who_goes_on_or_back_names_the_project(page: str):
    """What a page says to type is not refused: a protected project is named again each time."""
    typed = commands(text(page).replace("\n   ", " "))
    needing = [words for words in typed if words[0] in ("resume", "undo")]
    assert not [words for words in needing if "--confirm-project" not in words]


@pytest.mark.parametrize("page", PAGES)
def test_who_calls_for_a_run_again_knows_whose_it_is(page: str):
    """The function refuses a call by hand for a run of a schedule; the page says so before the call."""
    before, call, _ = text(page).partition('{"run_id": "<RUN>"}')
    assert not call or "it is a schedule's" in before


@pytest.mark.parametrize("page", PAGES)
def test_options_that_stand_alone_exist(page: str):
    """An option that a sentence names is an option of `rebound`."""
    assert set(re.findall(r"`(--[a-z-]+)", text(page))) <= every_option()


def test_every_scenario_has_a_page_and_every_page_a_scenario():
    """It has the severity and the objective of its scenario."""
    assert {Path(page).stem for page in PAGES if page.startswith("scenarios/")} == {
        item.name for item in SCENARIOS
    }
    agreed = load_catalog().objectives
    for item in SCENARIOS:
        assert agreed[item.name] == item.objective
        severity, _, within, _ = facts(f"scenarios/{item.name}.md")
        assert (severity, within) == (item.severity, duration(agreed[item.name].rto_seconds))


def test_every_alert_has_a_page_and_every_page_an_alert():
    """The page has the title that the alert's message has."""
    assert {Path(page).stem for page in PAGES if page.startswith("alerts/")} == set(TITLES)
    for name, title in TITLES.items():
        assert text(f"alerts/{name}.md").startswith(f"# {title}\n")


def test_the_decision_tree_names_every_page_as_it_is():
    """Its severity, component and, of an alert, its title are those of the page."""
    tree = text("README.md")
    for page in PAGES:
        assert page == "README.md" or f"]({page})" in tree, page
    for page in PAGES_IN_ORDER:
        severity, component, *_ = facts(page)
        title = f"{text(page).partition('\n')[0][2:]} " if page.startswith("alerts/") else ""
        row = rf"^ +\| .*{re.escape(title)}.*\| {severity} \| {re.escape(component)} \| \[.*\]\({page}\)"
        assert page == "project-gone.md" or re.search(row, tree, re.MULTILINE), page


def _told(page: str, heading: str = "Whom to tell") -> set[str]:
    """Return what a section names in code: roles and channels."""
    section = text(page).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([a-z-]+)`", section))


@pytest.mark.parametrize("page", PAGES_IN_ORDER)
def test_whoever_is_told_has_a_line_in_the_contacts(page: str):
    """Pages name roles and channels, and never people."""
    roles, channels = contacts()
    assert _told(page) | {facts(page)[-1]} <= roles | channels


@pytest.mark.parametrize("page", PAGES_IN_ORDER)
def test_whom_a_severity_calls_is_told_in_one_place(page: str):
    """A page refers to the table for its severity, and adds only whom the table does not call."""
    table = text("README.md").partition("## Severity\n")[2].partition("\n\n- ")[0]
    called = set(re.findall(r"`([a-z-]+)`", table))
    assert {"incidents", "team-lead"} <= called
    up = "../" if "/" in page else ""
    assert f"[{facts(page)[0]}]({up}README.md#severity)" in text(page)
    assert not _told(page) & called


def test_the_table_of_severities_names_whom_the_contacts_have():
    """Each severity calls roles and channels that somebody fills in."""
    roles, channels = contacts()
    assert _told("README.md", "Severity") <= roles | channels


def test_roles_and_channels_are_used():
    """Nobody is in the contacts whom no page calls."""
    everything = "".join(map(text, PAGES))
    roles, channels = contacts()
    assert not [name for name in sorted(roles | channels) if f"`{name}`" not in everything]


def test_whoever_is_shipped_is_to_be_filled_in():
    """Nobody's number is shipped, and `rebound doctor` says so of every role and channel."""
    content = json.loads((RUNBOOKS / "contacts.json").read_text())
    roles, channels = contacts()
    (problem,) = contact_problems(content, "contacts.json")
    count = len(("name", "reach")) * len(roles) + len(channels)
    assert problem.what.startswith(f"{count} entries are still placeholders: ")


def test_anchors_exist():
    """A link into a page leads to a heading of it."""
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", text(page)):
            there = (RUNBOOKS / page).parent / target if target else RUNBOOKS / page
            headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, page


def test_a_deployment_is_ten_commands():
    """From an empty project to the first drill."""
    guide = text("deploy.md").partition("## Ten commands")[2].partition("\n## ")[0]
    steps = re.findall(r"^(\d+)\. ", guide, re.MULTILINE)
    assert steps == [str(number + 1) for number in range(len(steps))]
    assert 0 < len(steps) <= MOST_COMMANDS_OF_A_DEPLOYMENT


def test_what_a_deployment_takes_out_of_the_state_is_in_terraform():
    """Upgrade and removal name resources by their addresses; Terraform itself needs a real project's state."""
    named = re.findall(r"state rm\s+'?(google_\w+)\.(\w+)", text("deploy.md"))
    named += re.findall(
        r"state rm\s+'?(google_\w+)\.(\w+)",
        (RUNBOOKS.parent / "terraform" / "README.md").read_text(),
    )
    assert len(named) >= 2
    made = "".join(
        path.read_text() for path in sorted((RUNBOOKS.parent / "terraform").glob("*.tf"))
    )
    for kind, name in named:
        assert f'resource "{kind}" "{name}" {{' in made
