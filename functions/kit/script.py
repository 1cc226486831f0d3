"""Commands of a kit, and how they are written for a shell. Pure.

Whatever comes from a manifest reaches a command as one quoted argument. Two things an operator may set
are variables: where to restore, and where the backup is.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import count
from typing import NamedTuple

from manifests.errors import SourceUnreadableError

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_NAME = re.compile(r"[A-Za-z0-9_(][A-Za-z0-9_().@-]{0,254}")
_LABEL = re.compile(r"[\w-]{0,63}")
_UNTOLD = re.compile(r"[^ -~]")
_LONGEST_ARGUMENT_BYTES = 120_000
"""Linux takes arguments of 128 KiB."""
_LONGEST_URI_BYTES = 230
"""Of what stands before an object's name: `gs://` and the name of a bucket."""


class Variable(StrEnum):
    """What an operator may set before a script is run."""

    PROJECT = "PROJECT"
    VAULT = "VAULT"


type Argument = str | tuple[str | Variable, ...]


class ShellCommand(NamedTuple):
    """A command of a shell, with its arguments.

    Attributes:
        arguments: Each reaches the command as it is, whatever is in it.
        stdin: The file of the kit that it reads; empty for none.
        stdout: The file of the kit that it writes; empty for none.
    """

    arguments: tuple[Argument, ...]
    stdin: str = ""
    stdout: str = ""

    def line(self) -> str:
        """Return the command as a line of a shell script.

        Raises:
            SourceUnreadableError: An argument cannot be one of a command.
        """
        text = " ".join(map(_written, self.arguments))
        text += f" < {shlex.quote(self.stdin)}" if self.stdin else ""
        return text + (f" > {shlex.quote(self.stdout)}" if self.stdout else "")


class KitStep(NamedTuple):
    """What is done as one: it is run whole, and marked as done when it has ended.

    Attributes:
        sort: What is done, in one word: `table`.
        name: To what.
        commands: In order.
        files: Files of the kit that the commands read, by name.
        left: What of it the commands do not bring back.
        only_in: The project that its arguments name; in another it does nothing, and says so.
    """

    sort: str
    name: str
    commands: tuple[ShellCommand, ...]
    files: Mapping[str, bytes] = {}
    left: tuple[str, ...] = ()
    only_in: str = ""

    def script(self) -> str:
        """Return the step as a script that can be run alone."""
        lines = [
            "#!/bin/sh",
            f"# {self.sort} {told(self.name)}",
            *(f"# not brought back: {told(item)}" for item in self.left),
            *(f': "${{{name}:?set {name}, as restore.sh does}}"' for name in Variable),
            *self._guard(),
            *(command.line() for command in self.commands),
            *self._ending(),
        ]
        return "\n".join(lines) + "\n"

    def _ending(self) -> tuple[str, ...]:
        """Return what makes a step without commands fail: whoever runs the kit skips it by hand."""
        if self.commands or not self.left:
            return ()
        says = (shlex.quote(f"left: {told(item)}") for item in self.left)
        return (*(f"echo {text} >&2" for text in says), "exit 1")

    def _guard(self) -> tuple[str, ...]:
        if not self.only_in:
            return ()
        says = shlex.quote(f"left: it names project {told(self.only_in)}")
        own = shlex.quote(self.only_in)
        return (f'if [ "${{PROJECT}}" != {own} ]; then echo {says} >&2; exit 0; fi',)


def stem(name: str) -> str:
    """Return what stands for a name in names of files: never the same for two."""
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{_UNSAFE.sub('_', name)[:60]}-{mark}"


def told(text: str) -> str:
    """Return a text for a comment: it never ends its line."""
    return _UNTOLD.sub("?", text)[:500]


def plain_name(name: str) -> str:
    """Return a name that is an argument of its own, which none may take for an option.

    Raises:
        SourceUnreadableError: It could be one.
    """
    if not _NAME.fullmatch(name):
        raise SourceUnreadableError("cannot be the name in a command", subject=repr(name)[:200])
    return name


def plain_path(path: str) -> str:
    """Return names between slashes, as the destination of a sink, which none may take for an option.

    Raises:
        SourceUnreadableError: One of them could be one.
    """
    return "/".join(map(plain_name, path.split("/")))


def joined(items: Iterable[str]) -> str:
    """Return items as the value of an option that takes several between commas.

    Raises:
        SourceUnreadableError: One holds a comma.
    """
    found = list(items)
    if any("," in item for item in found):
        raise SourceUnreadableError("holds a comma", subject=repr(found)[:200])
    return ",".join(found)


def separated(pairs: Mapping[str, object]) -> str:
    """Return pairs as the value of an option of `gcloud`, separated by a text that is in none of them."""
    texts = [f"{key}={value}" for key, value in pairs.items()]
    mark = next(mark for n in count() if not any((mark := f"@{n}@") in text for text in texts))
    return f"^{mark}^{mark.join(texts)}"


def label_pairs(labels: Mapping[str, object], between: str) -> list[str]:
    """Return each label as one text: its key, what stands between, and its value.

    Raises:
        SourceUnreadableError: One is no label.
    """
    for text in (*labels, *labels.values()):
        if not _LABEL.fullmatch(str(text)):
            raise SourceUnreadableError("is no label", subject=repr(text)[:200])
    return [f"{key}{between}{value}" for key, value in labels.items()]


def as_json(value: object) -> bytes:
    """Return a file of a kit that holds JSON."""
    return json.dumps(value, indent=1, sort_keys=True).encode()


def vault_uri(name: str) -> Argument:
    """Return the argument that names an object of the vault."""
    return ("gs://", Variable.VAULT, f"/{name}")


def vault_uris(names: Iterable[str]) -> tuple[Argument, ...]:
    """Return arguments that name objects of the vault between commas, each as long as a command takes."""
    arguments: list[Argument] = []
    pieces: list[str | Variable] = []
    size = 0
    for name in names:
        if size + len(name) + _LONGEST_URI_BYTES > _LONGEST_ARGUMENT_BYTES:
            arguments.append(tuple(pieces))
            pieces, size = [], 0
        pieces += [*([","] if pieces else []), "gs://", Variable.VAULT, f"/{name}"]
        size += len(name) + _LONGEST_URI_BYTES
    return (*arguments, tuple(pieces)) if pieces else tuple(arguments)


def _written(argument: Argument) -> str:
    pieces = (argument,) if isinstance(argument, str) else argument
    size = sum(len(piece.encode()) for piece in pieces)
    if size > _LONGEST_ARGUMENT_BYTES or any("\0" in piece for piece in pieces):
        raise SourceUnreadableError("is no word of a command", subject=repr(pieces)[:200])
    return (
        "".join(
            f'"${{{piece.value}}}"' if isinstance(piece, Variable) else shlex.quote(piece)
            for piece in pieces
            if piece
        )
        or "''"
    )
