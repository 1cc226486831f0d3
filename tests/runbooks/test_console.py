"""A page that is not true any more is found: each stale page of the folder beside fails."""

import os
from pathlib import Path

import pytest
from sybil.example import SybilFailure

from tests.harness import command_server
from tests.runbooks.console import Shell, follow, matched, steps

STALE = Path(__file__).parent / "stale"
WHY = {
    "exit_code.md": "-- told, exit code 3",
    "more.md": "-- told, exit code 0\none\ntwo",
    "name.md": "nothing fills in RUN",
    "not_run.md": "nothing before it says so",
    "option.md": "-- told, exit code 2",
    "output.md": "-- expected, exit code 0\nold\n-- told, exit code 0\nnew",
    "unmarked.md": "neither `console` nor `sh`",
}


def shell(folder: Path) -> Shell:
    """Return a terminal in which there is `rebound`, and nothing that it could be asked about."""
    command_server().write_command(folder / "rebound")
    return Shell(folder, {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})


@pytest.mark.parametrize("name", WHY)
def test_a_stale_page_fails(name: str, tmp_path: Path):
    """It says which line, what was expected and what was told."""
    with pytest.raises(SybilFailure) as found:
        follow(STALE / name, shell(tmp_path))
    assert WHY[name] in str(found.value)
    assert f"{name}, line " in str(found.value)


def test_every_stale_page_is_tried():
    """None is forgotten in the folder."""
    assert {path.name for path in STALE.iterdir()} == set(WHY)


def test_what_a_page_says_carries_over(tmp_path: Path):
    """Names that were printed fill in later commands, and exported variables stay."""
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n1. First.\n\n   ```console\n   $ echo 'run a-1: done'; export FOUND=yes\n"
        "   run <RUN>: ...\n   ```\n\n> Not run by tests: it deletes.\n\n```sh\nexit 1\n```\n\n"
        "```console\n$ echo \\\n    <RUN> $FOUND; exit 4\na-1 yes\n[exit code 4]\n```\n"
    )
    follow(page, shell(tmp_path))


@pytest.mark.parametrize(
    ("expected", "output", "names"),
    [
        (["a <X> c"], "a b c\n", {"X": "b"}),
        (["a <X> c"], "a b b c\n", None),
        (["a   b"], "  a b\n", {}),
        (["..."], "", {}),
        (["first", "...", "last"], "first\nmore\nlast\n", {}),
        (["first", "..."], "second\n", None),
        (["1 of ... rows"], "1 of 2 (3) rows\n", {}),
        (["<RUN>-x: (a.b)"], "r-1-x: (a.b)\n", {"RUN": "r-1"}),
        (["a.b"], "acb\n", None),
        ([], "something\n", None),
    ],
)
def test_what_stands_for_what(expected: list[str], output: str, names: dict[str, str] | None):
    """A name is a word, dots are anything, and everything else is itself."""
    assert matched(expected, output) == names


def test_a_fence_is_its_commands():
    """Each has its output and its exit code."""
    found = list(steps("$ first\none\n[exit code 2]\n$ second \\\n    more\n"))
    assert [tuple(step) for step in found] == [("first", ("one",), 2), ("second more", (), 0)]
