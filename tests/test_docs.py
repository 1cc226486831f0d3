"""What the documents say is what the code does."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic_settings import BaseSettings

import functions.settings
import recovery.settings
from manifests.errors import ReboundError
from recovery.cli import app
from recovery.cli.commands import COMMANDS
from recovery.scenarios import SCENARIOS
from tests.commands import every_option

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
REFERENCE = (ROOT / "recovery" / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
MOST_README_LINES = 150
# The one meaning that is not the first sentence of its class.
BUG = "A bug"
MACHINE_PATH = re.compile(r"/(work/(main|shared)|root/[.\w]|opt/(pypi|wheels))")
PACKAGE_INDEX = re.compile(r"\bpypi[.]org|pythonhosted[.]org|npmjs[.]org|debian[.]org/debian")


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield the name and text of every file that is, or is about to be, under version control."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in sorted(set(filter(None, done.stdout.split("\0")))):
        if (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(errors="replace")


def table(header: str) -> list[tuple[str, ...]]:
    """Return the rows of the table whose first column has this heading, in either document."""
    _, _, rest = f"{README}\n{REFERENCE}".partition(f"| {header} |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [tuple(cell.strip().strip("`") for cell in row.split("|")[1:-1]) for row in rows]


def error_classes(parent: type[ReboundError] = ReboundError) -> Iterator[type[ReboundError]]:
    """Yield the errors that bring an exit code of their own."""
    yield parent
    for child in parent.__subclasses__():
        if child.exit_code != parent.exit_code:
            yield from error_classes(child)


def first_sentence(documented: type) -> str:
    """Return the first line of a docstring without its full stop."""
    return (documented.__doc__ or "").partition("\n")[0].rstrip(".")


def is_emoji(character: str) -> bool:
    """Return whether a character is a pictograph; arrows, lines and triangles are not."""
    return "\u2600" <= character <= "\u27bf" or character >= "\U0001f000"


def test_readme_has_the_five_scenarios_with_their_symptoms():
    """Whoever sees something finds its name, and what comes back."""
    rows = {name: (symptom, back) for symptom, name, back in table("What you see")}
    assert list(rows) == [item.name for item in SCENARIOS]
    assert len({symptom for symptom, _ in rows.values()}) == len(SCENARIOS)
    assert all(len(symptom.split()) > 3 and back for symptom, back in rows.values())


def test_readme_is_short():
    """The README is read in one go."""
    assert len(README.splitlines()) <= MOST_README_LINES


def test_readme_make_targets_exist():
    """Every `make` command of the README is a target, and help lists every target."""
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    used = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= used <= targets
    command = ["make", "--no-print-directory", "help"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[0] for line in listed.stdout.splitlines()} == targets


def test_ci_runs_the_readme_test_command():
    """What has to pass before a change lands is the command the README gives."""
    commands = re.findall(r"make \w+", (ROOT / ".ci" / "run").read_text())
    assert commands == ["make check", "make test", "make suites"]
    assert "\nmake test " in README


def test_readme_names_every_rebound_command():
    """The README shows each command of `rebound`, and no other."""
    named = set(re.findall(r"(?:^|`)rebound ([a-z][a-z-]+)", README, re.MULTILINE))
    assert named == set(COMMANDS)


def test_readme_options_exist():
    """Each option that either names is an option of some command."""
    known = every_option() | {item.opts[0] for item in typer.main.get_command(app).params}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README + REFERENCE))
    assert used
    assert used <= known


def test_readme_scenarios_exist():
    """The scenarios of the examples are those of the code."""
    used = set(re.findall(r"^rebound (?:plan|recover) (\S+)", README, re.MULTILINE))
    assert used
    assert used <= {scenario.name for scenario in SCENARIOS}


def test_readme_exit_codes_are_those_of_the_errors():
    """The table of exit codes says what the error classes say."""
    expected = [("0", "", "Done"), ("130", "", "Interrupted")]
    for error in error_classes():
        meaning = BUG if error is ReboundError else first_sentence(error)
        expected.append((str(error.exit_code), error.__name__, meaning))
    assert table("Exit code") == sorted(expected, key=lambda row: int(row[0]))


@pytest.mark.parametrize(
    "settings",
    [functions.settings.FunctionSettings, recovery.settings.Settings],
    ids=["functions", "cli"],
)
def test_readme_settings_and_defaults(settings: type[BaseSettings]):
    """Each setting of either side is in the reference with its default."""
    documented = {name: default for name, default, _ in table("Variable")}
    for name, field in settings.model_fields.items():
        default = "" if field.is_required() else str(field.default)
        if field.default is None:
            default = "the one that is shipped"
        assert documented[f"REBOUND_{name.upper()}"] == default


def test_readme_settings_exist():
    """The reference names no variable that nothing reads."""
    known = (
        functions.settings.FunctionSettings.model_fields | recovery.settings.Settings.model_fields
    )
    documented = {name for name, _, _ in table("Variable")}
    assert documented == {f"REBOUND_{name.upper()}" for name in known}


def test_readme_folders_are_the_folders():
    """The table of folders is the list of folders, hidden ones aside."""
    folders = {name.split("/")[0] for name, _ in tracked_texts() if "/" in name}
    expected = {f"{folder}/" for folder in folders if not folder.startswith(".")}
    assert {name for name, _ in table("Folder")} == expected


def test_links_resolve():
    """A link to a file in any document leads somewhere."""
    links = [
        (name, target)
        for name, text in tracked_texts()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        if not re.match(r"[a-z]+:", target)
    ]
    assert ("README.md", "CHANGELOG.md") in links
    assert not [
        (name, target)
        for name, target in links
        if not (ROOT / name).parent.joinpath(target).exists()
    ]


def test_the_format_names_every_folder():
    """Each folder that a layout builds names in is in the tree of the two buckets."""
    modules = [*(ROOT / "manifests").rglob("*layout.py")]
    built = re.findall(
        r'^[A-Z]+_(?:PREFIX|NAME) = "([^"]+)"',
        "\n".join(path.read_text() for path in modules),
        re.MULTILINE,
    )
    tree = (ROOT / "manifests" / "FORMAT.md").read_text().split("```")[1]
    assert {"runs/", "holds/", "fences/", "drills/", "prune.json"} <= set(built)
    assert not [name for name in built if name not in tree]


def test_no_emoji():
    """Nothing that is shipped or read carries a pictograph; test data may."""
    assert is_emoji("\N{ROCKET}")
    assert not is_emoji("►")
    texts = [(name, text) for name, text in tracked_texts() if not name.startswith("tests/")]
    assert not [(name, letter) for name, text in texts for letter in text if is_emoji(letter)]


def test_no_file_knows_this_machine():
    """No file names a path of the machine it was written on, or a package index."""
    assert MACHINE_PATH.search("see /work" + "/shared/x")
    assert PACKAGE_INDEX.search("https://pypi" + ".org/simple")
    found = [
        (name, match.group())
        for name, text in tracked_texts()
        for match in (MACHINE_PATH.search(text), PACKAGE_INDEX.search(text))
        if match
    ]
    assert not found
