"""Whether what a page says to type can be typed: Google's own list of what `gcloud` knows, bash, Terraform's files."""

import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.deployed import ROOT

_BASH = shutil.which("bash") or "/bin/bash"
_TREE = "data/cli/gcloud_completions.py"
_CALL = re.compile(r"\bgcloud ((?:[^\n\\'\"|)]|\\\n|'[^']*'|\"[^\"]*\")*)")
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\S+")


def unreadable(script: str) -> str:
    """Return what bash says of a script that it cannot read; empty where it can."""
    done = subprocess.run([_BASH, "-n"], input=script, capture_output=True, text=True, check=False)
    return done.stderr


@cache
def _tree() -> dict[str, Any] | None:
    """Return the commands and flags that completion of a shell knows; None where `gcloud` is not installed."""
    found = shutil.which("gcloud")
    file = Path(found).resolve().parent.parent / _TREE if found else None
    if file is None or not file.exists():
        return None
    return dict(runpy.run_path(str(file))["STATIC_COMPLETION_CLI_TREE"])


def unknown_to_gcloud(script: str) -> list[str]:
    """Return the commands and options of a script that `gcloud` does not know; skips where it is not installed."""
    calls = _CALL.findall(script)
    if not calls:
        return []
    if (tree := _tree()) is None:
        pytest.skip("gcloud is not installed: nobody knows its commands")
    return [it for call in calls for it in _unknown(call, tree)]


def _unknown(call: str, tree: dict[str, Any]) -> Iterator[str]:
    node, flags, is_path = tree, {*tree["flags"]}, True
    for word in _WORD.findall(call.replace("\\\n", " ")):
        if word in (";", "&&") or word.startswith((">", "#")):
            return
        if word.startswith("--"):
            if (flag := word.partition("=")[0]) not in flags and flag.replace(
                "--no-", "--"
            ) not in flags:
                yield f"{flag} of gcloud {call}"
        elif is_path and word in node["commands"]:
            node = node["commands"][word]
            flags |= {*node["flags"]}
        elif is_path and node["commands"]:
            yield f"{word} of gcloud {call}"
            return
        else:
            is_path = False


def unknown_to_terraform(script: str) -> list[str]:
    """Return the outputs, variables and resources of a script that terraform/ has not."""
    files = "".join(path.read_text() for path in (ROOT / "terraform").glob("*.tf"))
    asked = [
        ("output", name)
        for name in re.findall(r"terraform [^\n|]*output (?:-json |-raw )*(\w+)", script)
    ]
    asked += [("variable", name) for name in re.findall(r"-var (\w+)=", script)]
    return [name for block, name in asked if f'{block} "{name}"' not in files]
