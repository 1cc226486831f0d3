"""Values that a document could hold where another was, and edits that put them there."""

import json
from random import Random
from typing import Any

# What is looked into wherever it is, also where it does not belong.
_KEYS = (
    "x", "name", "fields", "type", "schema", "timePartitioning", "encryptionConfiguration", "access",
    "labels", "grantees", "expirationTime", "role", "condition", "tableReference", "routineReference",
    "datasetReference", "defaultEncryptionConfiguration", "iamConfiguration", "policyTags",
)  # fmt: skip
type Path = tuple[str | int, ...]

_DEEP: Any = json.loads("[" * 70 + "]" * 70)
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**39, 10**41, 0.5, 1e308,
    "", " ", "x", "a`b", "a'b", "a\\b", "../..", "/", "a//b", "a/b/c", "\x00", "\x1b[2J", "\u202e",
    "\n", "é" * 400, "x') OR TRUE; DROP TABLE `d.a", "__NULL__", "__ALL__", "20251399", "20250101",
    "__id9999999999999999999__", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00",
    "2099-01-01T00:00:00Z", "allUsers", "(default)", "RECORD", "RANGE", "HOUR", "-1", "1" * 30,
    [], {}, [[]], [None], ["x"], {"": None}, {"x": {}}, [{}], {"fields": []}, _DEEP,
)  # fmt: skip


def hostile(random: Random) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a hostile value, of its own: edits go on inside it."""
    return json.loads(json.dumps(random.choice(HOSTILE)))


def edited(random: Random, document: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return a copy of a document with some edits, each at a place that is there."""
    changed = {"": json.loads(json.dumps(document))}
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        paths: list[Path] = []
        _add_paths(paths, changed, ())
        *place, key = random.choice(paths)
        holder: Any = changed
        for step in place:
            holder = holder[step]
        _edit(random, holder, key, paths, changed)
    return changed[""]


def _edit(
    random: Random,
    holder: Any,  # noqa: ANN401 - JSON of any shape
    key: str | int,
    paths: list[Path],
    whole: dict[str, Any],
) -> None:
    kind = random.randrange(8)
    if kind == 0 and key != "":
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), holder[key])
    elif kind == 2 and isinstance(holder, dict):
        holder[random.choice(_KEYS)] = hostile(random)
    elif kind == 3:
        # The value of another place, which may be one that only looks right.
        found: Any = whole
        for step in random.choice(paths):
            found = found[step]
        holder[key] = json.loads(json.dumps(found))
    elif kind == 4 and isinstance(holder[key], str):
        text = holder[key]
        at = random.randrange(len(text) + 1)
        holder[key] = text[:at] + str(random.choice(HOSTILE[17:40])) + text[at:]
    else:
        holder[key] = hostile(random)


def _add_paths(paths: list[Path], value: Any, path: Path) -> None:  # noqa: ANN401 - JSON of any shape
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        place = (*path, key)
        paths.append(place)
        if isinstance(item, (dict, list)):
            _add_paths(paths, item, place)
