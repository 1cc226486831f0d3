"""A page of the runbooks, followed as it is written: every command is run and its output compared.

    ```console
    $ rebound fence --status
    fence-<FENCE>  <AGE>  1 writer
    ...
    [exit code 8]
    ```

A line that begins with `$` is typed into bash; one that ends with a backslash goes on. What follows
is what the terminal shows, and the exit code where it is not 0. `<NAME>` stands for a word, or a part
of one, and what it stood for last is what the same name means in a later command. `...` stands for
anything within a line, or for any lines where it stands alone. Spaces count as one.

A fence that is called `sh` is not run; the sentence before it has to say so, and why. Any other
fence is refused.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sybil import Document, Example, Region
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

NOT_RUN = "Not run by tests"
_FENCES = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
_NAME = re.compile(r"<([A-Z][A-Z0-9_]*)>")
_EXIT = re.compile(r"\[exit code (\d+)\]")
_BASH = shutil.which("bash") or "/bin/bash"
_SECONDS = 300


class Step(NamedTuple):
    """One command, what the terminal shows then, and how it ends."""

    command: str
    output: tuple[str, ...]
    exit_code: int


class Fence(NamedTuple):
    """One fence of a page.

    Attributes:
        info: What it is called: `console` or `sh`.
        reason: Why it is not run; empty when nothing says so.
    """

    info: str
    source: str
    reason: str


@dataclass
class Shell:
    """Where commands are typed.

    Attributes:
        folder: Where bash works, and where it keeps what a command exported.
        env: The environment of the next command.
        filled: What the names in angle brackets mean.
        seconds: How long each command took.
    """

    folder: Path
    env: dict[str, str]
    filled: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def run(self, example: Example) -> str | None:
        """Run the commands of a fence; return what is not as the page says, None when all is."""
        return next(filter(None, map(self._wrong, steps(example.parsed))), None)

    def _wrong(self, step: Step) -> str | None:
        if unknown := set(_NAME.findall(step.command)) - self.filled.keys():
            return f"nothing fills in {', '.join(sorted(unknown))}: {step.command}"
        code, output = self._type(_NAME.sub(lambda name: self.filled[name[1]], step.command))
        found = matched(step.output, output)
        if found is None or code != step.exit_code:
            expected = "\n".join(step.output)
            return (
                f"$ {step.command}\n-- expected, exit code {step.exit_code}\n{expected}\n"
                f"-- told, exit code {code}\n{output}"
            )
        self.filled.update(found)
        return None

    def _type(self, command: str) -> tuple[int, str]:
        """Run a command in bash; return its exit code and what the terminal shows."""
        output, kept = self.folder / "output", self.folder / "environment"
        keeping = f"trap 'env -0 > {kept}' EXIT"
        began = time.monotonic()
        with output.open("ab") as written:
            written.truncate(0)
            done = subprocess.run(
                [_BASH, "-euo", "pipefail", "-c", f"{keeping}\n{command}"],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                timeout=_SECONDS,
                check=False,
            )
        self.seconds.append(time.monotonic() - began)
        pairs = (pair.partition("=") for pair in kept.read_text().split("\0") if pair)
        self.env = {name: value for name, _, value in pairs}
        return done.returncode, output.read_text()


def follow(page: Path, shell: Shell) -> None:
    """Run every command of a page, in order.

    Raises:
        SybilFailure: One does not do what the page says, or a fence is neither run nor says why.
    """

    def parse(document: Document) -> Iterator[Region]:
        for region in _FENCES(document):
            fence = _fence(document, region)
            region.parsed = fence.source
            region.evaluator = shell.run if fence.info == "console" else _refusing(fence)
            yield region

    for example in Document.parse(str(page), parse):
        example.evaluate()


def fences(page: Path) -> list[Fence]:
    """Return every fence of a page."""
    document = Document(page.read_text(), str(page))
    return [_fence(document, region) for region in _FENCES(document)]


def refusal(fence: Fence) -> str | None:
    """Return why a fence must not stand in a page, or None."""
    if fence.info not in ("console", "sh"):
        return f"a fence that is neither `console` nor `sh`: {fence.info!r}"
    if fence.info == "sh" and not fence.reason:
        return f"a fence that is not run, and nothing before it says so: {NOT_RUN!r}"
    return None


def steps(source: str) -> Iterator[Step]:
    """Yield the commands of a fence."""
    command, output, code = "", [], 0
    for line in source.splitlines():
        if command.endswith("\\"):
            command = f"{command[:-1].rstrip()} {line.strip()}"
        elif line.startswith("$ "):
            if command:
                yield Step(command, tuple(output), code)
            command, output, code = line[2:], [], 0
        elif found := _EXIT.fullmatch(line):
            code = int(found[1])
        else:
            output.append(line)
    yield Step(command, tuple(output), code)


def matched(expected: Iterable[str], output: str) -> dict[str, str] | None:
    """Return what each name stands for where an output is as expected; None where it is not."""
    names: list[str] = []
    pattern = "".join(_line_pattern(line, names) for line in expected)
    told = "".join(f"{' '.join(line.split())}\n" for line in output.splitlines())
    found = re.fullmatch(pattern, told)
    return None if found is None else dict(zip(names, found.groups(), strict=True))


def _line_pattern(line: str, names: list[str]) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*?"
    parts = []
    for word in re.split(r"(\.\.\.|<[A-Z][A-Z0-9_]*>)", " ".join(line.split())):
        if found := _NAME.fullmatch(word):
            names.append(found[1])
            parts.append(r"(\S+?)")
        else:
            parts.append(".*?" if word == "..." else re.escape(word))
    return f"{''.join(parts)}\n"


def _fence(document: Document, region: Region) -> Fence:
    before = document.text[: region.start].rstrip().rpartition("\n\n")[2]
    reason = before.partition(NOT_RUN)[2].strip(":. \n")
    return Fence(region.lexemes["info"].strip(), str(region.lexemes["source"]), reason)


def _refusing(fence: Fence) -> object:
    return lambda _: refusal(fence)
