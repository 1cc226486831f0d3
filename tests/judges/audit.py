"""Known vulnerabilities of what is installed: `python -m tests.judges.audit [--where-available]`.

pip-audit asks a service about each pinned package. It is content with an answer that says nothing
of one, and ends well: here that is no audit. So each package was answered for, or this fails and
says loudly what was not audited; with `--where-available` it only says so.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_FILES = ("runtime.txt", "dev.txt")
_MOST_NAMED = 5
_SECONDS = 300


class Audited(NamedTuple):
    """What pip-audit found.

    Attributes:
        answered: How many packages were answered for.
        vulnerable: Each vulnerability that is not exempt, and its package.
        unanswered: What was not audited, and why.
    """

    answered: int
    vulnerable: tuple[str, ...]
    unanswered: tuple[str, ...]


def main() -> int:
    """Audit what is pinned; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.judges.audit", description=__doc__)
    parser.add_argument("--where-available", action="store_true", help="only warn of what was not")
    asked = parser.parse_args()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = audited(_answer(settings["tool"]["vulnerabilities"]["exempt"]))
    sys.stderr.write(told(found))
    is_whole = not found.unanswered or asked.where_available
    return int(bool(found.vulnerable) or not is_whole)


def audited(answer: Sequence[Mapping[str, Any]] | str) -> Audited:
    """Judge what pip-audit answered.

    Args:
        answer: Its `dependencies`, or why there is no answer.
    """
    if isinstance(answer, str):
        return Audited(0, (), (answer,))
    vulnerable, unanswered = [], []
    for item in answer:
        name = f"{item['name']} {item.get('version', '')}".strip()
        if "skip_reason" in item:
            unanswered.append(f"{name}: {item['skip_reason']}")
        vulnerable += [f"{name}: {each['id']}" for each in item.get("vulns", ())]
    if not answer:
        unanswered.append("pip-audit was asked about no package")
    answered = sum("skip_reason" not in item for item in answer)
    return Audited(answered, tuple(vulnerable), tuple(unanswered))


def told(found: Audited) -> str:
    """Say what was found, for a person: what was not looked at loudest."""
    lines = [f"VULNERABLE: {each}" for each in found.vulnerable]
    if found.unanswered:
        lines.append(
            f"NOT AUDITED for known vulnerabilities: {len(found.unanswered)}, while "
            f"{found.answered} packages were. The service could not be reached, or does not know:"
        )
        lines += [f"  {each}" for each in found.unanswered[:_MOST_NAMED]]
        if (more := len(found.unanswered) - _MOST_NAMED) > 0:
            lines.append(f"  ... {more} more")
    elif not lines:
        lines.append(f"audited: {found.answered} packages, no known vulnerability")
    return "\n".join([*lines, ""])


def _answer(exempt: Mapping[str, str]) -> Sequence[Mapping[str, Any]] | str:
    words = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    for name in _FILES:
        words += ["--requirement", str(ROOT / "requirements" / name)]
    for identifier in exempt:
        words += ["--ignore-vuln", identifier]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        answer: Sequence[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return f"pip-audit did not end within {_SECONDS} s"
    except (ValueError, KeyError, TypeError):
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return f"pip-audit ended with {done.returncode}: {last[0][:300]}"
    return answer


if __name__ == "__main__":
    sys.exit(main())
