"""What an operator's own machine says: settings, the clock, and whom to call. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from recovery.doctor.rules.problem import Problem, warning
from recovery.units import listed

_SKEW_SECONDS = 30
_REFUSED_SKEW_SECONDS = 300
"""With more, tokens are refused (Google Identity, Using OAuth 2.0 for server applications)."""
_PROJECT_VARIABLES = ("GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT")
_PLACEHOLDER = re.compile(r"\bTODO\b|<[^<>]*>")
_SET_TIME = "timedatectl set-ntp true"


def setting_problems(
    environment: Mapping[str, str], *, project: str, protected: Collection[str]
) -> Iterator[Problem]:
    """Tell which variables name another project, and whether this one is protected.

    Args:
        environment: The process's.
        project: That of the settings.
        protected: The projects that take `--confirm-project`.
    """
    for name in _PROJECT_VARIABLES:
        if environment.get(name, project) != project:
            what = f"{name} is {environment[name]}, and REBOUND_PROJECT is {project}"
            yield warning(what, f"export {name}={project}")
    if project not in protected:
        what = f"{project} is not among the catalog's protected_projects: no `--confirm-project` is asked for"
        yield warning(what, "add it to protected_projects in manifests/catalog.json")


def clock_problems(machine: datetime, service: datetime) -> Iterator[Problem]:
    """Tell by how much the machine's clock is wrong.

    Args:
        machine: What it says.
        service: What Cloud Storage says.
    """
    seconds = (machine - service).total_seconds()
    if abs(seconds) <= _SKEW_SECONDS:
        return
    what = f"this machine's clock is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"
    if abs(seconds) > _REFUSED_SKEW_SECONDS:
        yield Problem(f"{what}: its tokens are refused", _SET_TIME)
    else:
        yield warning(what, _SET_TIME)


def contact_problems(contacts: object, path: str) -> Iterator[Problem]:
    """Tell which contacts nobody has filled in.

    Args:
        contacts: What the file says, any JSON.
        path: Where it is.
    """
    found = [it for it in _texts(contacts, "") if _PLACEHOLDER.search(it[1])]
    if len(found) == 1:
        name, value = found[0]
        yield Problem(f"{name or 'it'} is still a placeholder: {value}", f"edit {path}")
    elif found:
        names = listed([name for name, _ in found])
        yield Problem(f"{len(found)} entries are still placeholders: {names}", f"edit {path}")


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """Yield every text of a JSON value, with where it is."""
    if isinstance(value, str):
        yield name, value
        return
    items = list(value.items()) if isinstance(value, dict) else []
    if isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield from _texts(item, f"{name}.{key}".removeprefix("."))
