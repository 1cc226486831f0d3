"""Gives a command the signature that typer reads: one parameter for each field of a model of options."""

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from recovery.cli.options import moment
from recovery.cli.statement import statement
from recovery.options.asked import OPTIONS_OF, Options
from recovery.options.processors import ProcessorOptions

_WHERE_THEY_STAND = "options"
_PANELS = {kind: f"Options of {kind}" for kind in OPTIONS_OF}

type _Command = Callable[..., None]


def takes_options(command: _Command) -> _Command:
    """Give a command, in place of its parameter `options`, every option there is.

    Args:
        command: Takes `options: Options`, and what else it says for itself.
    """
    own = inspect.signature(command).parameters
    parameters = [
        made
        for name, parameter in own.items()
        for made in (_parameters() if name == _WHERE_THEY_STAND else (parameter,))
    ]

    def called(**params: Any) -> None:  # noqa: ANN401 - what typer read
        said = {
            name: _read(field, params.pop(name)) for name, field in Options.model_fields.items()
        }
        command(options=Options.given(said), **params)

    looked_at: dict[str, Any] = {
        "__name__": command.__name__,
        "__doc__": command.__doc__,
        "__signature__": inspect.Signature(parameters),
        "__annotations__": {item.name: item.annotation for item in parameters},
    }
    for name, value in looked_at.items():
        setattr(called, name, value)
    return called


def _parameters() -> Iterator[inspect.Parameter]:
    panels = {
        name: _PANELS[kind] for kind, options in OPTIONS_OF.items() for name in options.model_fields
    } | dict.fromkeys(ProcessorOptions.model_fields, "Options of dates")
    for name, field in Options.model_fields.items():
        stated = statement(name, panel=panels.get(name))
        kind, default = _typed(field)
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, stated],
        )


def _typed(field: FieldInfo) -> tuple[Any, Any]:
    """Return the type that typer reads for a field, and the default it shows.

    Raises:
        TypeError: The command line has no way to give a value of that type.
    """
    if field.annotation is bool:
        return bool, field.default
    if field.annotation is str:
        return str, field.default
    if field.annotation == tuple[str, ...]:
        return list[str] | None, None
    if field.annotation in (str | None, datetime | None):
        return str | None, None
    message = f"no option can have the type {field.annotation}"
    raise TypeError(message)


def _read(field: FieldInfo, value: Any) -> Any:  # noqa: ANN401 - what typer read
    return moment(value) if field.annotation == datetime | None else value
