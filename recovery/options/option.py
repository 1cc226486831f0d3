"""An option is a field of a model, with its help beside it. Pure."""

from typing import Any, NamedTuple

from pydantic.fields import FieldInfo


class Option(NamedTuple):
    """What an option has beside its name, its type and its default, which are those of a field.

    Attributes:
        help: What it does, for the person who may say it.
        asks: The field of the request that it gives, as `target.prefix`; empty for one that chooses
            the backup.
    """

    help: str
    asks: str


def option_of(field: FieldInfo) -> Option:
    """Return the statement of the option that a field stands for.

    Raises:
        TypeError: It has no statement: such an option would never be asked for.
    """
    for item in field.metadata:
        if isinstance(item, Option):
            return item
    message = f"no option: {field}"
    raise TypeError(message)


def spelled(name: str) -> str:
    """Return how an option is spelt on the command line."""
    return f"--{name.replace('_', '-')}"


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a path into a document, as `target.prefix`."""
    *parents, last = path.split(".")
    for name in parents:
        document = document.setdefault(name, {})
    document[last] = value
