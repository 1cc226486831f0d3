"""The operator's settings in a file, so that no shell has to be prepared; the environment wins.

The file is TOML: `project = "my-platform"`, one line a setting. It holds no secret: what is one, as the
key of a service, is read from the environment alone, and a name that is no setting is refused.

A file that merely lies in the folder where the command runs can be anybody's, as in an archive that was
unpacked: where requests go with the operator's token, and whose signatures are believed, it does not say.
"""

import os
import shlex
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from manifests.errors import UsageError

VARIABLE = "REBOUND_SETTINGS"
OWN_FILE = Path("rebound.toml")
_NOT_BY_CHANCE = ("api_endpoint", "operator_keys", "trusted_keys")
ENVIRONMENT, DEFAULT, NOWHERE = "environment", "default", "not set"


class Setting(NamedTuple):
    """One setting, and from where its value comes.

    Attributes:
        variable: As the environment calls it.
        value: What it is; empty where nothing says.
        source: `environment`, the file, `default`, or `not set`.
    """

    variable: str
    value: str
    source: str


def settings_file() -> Path | None:
    """Return the file that is read: the one that `REBOUND_SETTINGS` names, else `rebound.toml` here.

    None where there is none.
    """
    if named := os.environ.get(VARIABLE, ""):
        return Path(named)
    return OWN_FILE if OWN_FILE.is_file() else None


def read_settings_file(file: Path, known: Collection[str]) -> dict[str, Any]:
    """Return what a file of settings says.

    Args:
        file: The file.
        known: The names of the settings.

    Raises:
        UsageError: It cannot be read, is no TOML, names what is no setting, or was not named itself
            and says what only one that was named may say.
    """
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
        raise UsageError(why, subject=str(file), hint=f"{VARIABLE} names it") from error
    except ValueError as error:
        raise UsageError(f"is no TOML: {error}", subject=str(file)) from error
    if strange := sorted(set(found) - set(known)):
        raise UsageError(
            f"no setting is called {', '.join(strange)}",
            subject=str(file),
            hint="`rebound settings` lists them; secrets stay in the environment",
        )
    trusted = [] if os.environ.get(VARIABLE) else sorted(set(found).intersection(_NOT_BY_CHANCE))
    if trusted:
        raise UsageError(
            f"{', '.join(trusted)}: only a file that {VARIABLE} names may say that",
            subject=str(file),
            hint=f"if it is yours: `export {VARIABLE}={shlex.quote(str(file.resolve()))}`",
        )
    return found


def told_settings(
    fields: Mapping[str, Any], environment: Mapping[str, str], said: Mapping[str, Any], file: str
) -> list[Setting]:
    """Return each setting and from where it comes.

    Args:
        fields: The fields of the settings, by name.
        environment: The environment's variables.
        said: What the file says.
        file: How the file is called.
    """
    told = []
    for name, field in fields.items():
        variable = f"REBOUND_{name.upper()}"
        if variable in environment:
            told.append(Setting(variable, environment[variable], ENVIRONMENT))
        elif name in said:
            told.append(Setting(variable, str(said[name]), file))
        elif field.is_required():
            told.append(Setting(variable, "", NOWHERE))
        else:
            default = "" if field.default is None else str(field.default)
            told.append(Setting(variable, default, DEFAULT))
    return told
