"""Gives a command the signature that typer reads: one parameter for each field of the model of options."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from recovery.cli.options import moment
from recovery.cli.statement import repeated, statement
from recovery.options.asked import OPTIONS_OF, Options
from recovery.options.processors import ProcessorOptions

_PANELS = {
    name: f"Options of {kind}"
    for kind, options in OPTIONS_OF.items()
    for name in options.model_fields
} | dict.fromkeys(ProcessorOptions.model_fields, "Options of dates")

type Repeated = Mapping[str, Any]
"""The options of a recovery that was begun, as they are given again, by their fields of `Options`."""
type _Command = Callable[..., None]


def takes_options(command: _Command) -> _Command:
    """Give a command, in place of its parameter `options`, every option there is.

    Args:
        command: Takes `options: Options`, and what else it says for itself.
    """
    stated = {name: statement(name, panel=_PANELS.get(name)) for name in Options.model_fields}
    return _taking(command, "options", stated, Options.given)


def repeats(names: Iterable[str]) -> Callable[[_Command], _Command]:
    """Give a command, in place of its parameter `again`, options that are given again without a question.

    Args:
        names: The fields of `Options` that they are. The command takes `again: Repeated`.
    """
    stated = {name: repeated(name) for name in names}
    return lambda command: _taking(command, "again", stated, dict)


def _taking(
    command: _Command, place: str, stated: Mapping[str, Any], given: Callable[[Repeated], object]
) -> _Command:
    """Return a command with options in the place of one parameter.

    Args:
        command: The command.
        place: The parameter.
        stated: How typer reads each option.
        given: Makes of what typer read what the command takes.
    """
    own = inspect.signature(command).parameters
    options = [_parameter(name, option) for name, option in stated.items()]
    parameters = [
        made
        for name, parameter in own.items()
        for made in (options if name == place else (parameter,))
    ]

    def called(**params: Any) -> None:  # noqa: ANN401 - what typer read
        said = {name: _read(Options.model_fields[name], params.pop(name)) for name in stated}
        command(**{place: given(said)}, **params)

    looked_at: dict[str, Any] = {
        "__name__": command.__name__,
        "__doc__": command.__doc__,
        "__signature__": inspect.Signature(parameters),
        "__annotations__": {item.name: item.annotation for item in parameters},
    }
    for name, value in looked_at.items():
        setattr(called, name, value)
    return called


def _parameter(name: str, option: Any) -> inspect.Parameter:  # noqa: ANN401 - as typer returns it
    kind, default = _typed(Options.model_fields[name])
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, option],
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
