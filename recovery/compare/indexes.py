"""What somebody set about the indexes and fields of a Firestore database, and what differs. Pure.

Everything counts that Google's own fields do not say, those of tomorrow too.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from manifests.kinds.databases.model import IndexSettings
from manifests.values import Resource
from recovery.compare.findings import Finding, finding

EVERY_FIELD = "__default__"
"""The collection group whose field `*` says what is indexed of all that have no setting of their own
(Firestore REST, Field)."""

INDEXED, EXPIRING = "indexConfig", "ttlConfig"
_NOT_SET = frozenset({"ANY_API", "0s"})
_OF_GOOGLE = frozenset({"name", "state"})
_OF_GOOGLE_IN_FIELDS = frozenset({"ancestorField", "reverting", "usesAncestorConfig"})
_OF_ALL_OTHERS = "index setting of all other fields"
_THERE, _NOT_THERE, _UNSET = "there", "not there", "not set"
_BROKEN = "broken (NEEDS_REPAIR)"
"""An index that could not be made: no document is written to it, no query has it, until it is deleted
and made again (Firestore REST, Index, State)."""


class IndexSetting(NamedTuple):
    """One thing that is set.

    Attributes:
        group: The collection group.
        id: The path of the field, or Google's id of the index.
        part: The part of the field that is set; empty for an index.
        value: As a request writes it.
        text: The value for a person; an index has none, it is there, or broken.
    """

    group: str
    id: str
    part: str
    value: Any
    text: str


def index_settings(found: IndexSettings) -> dict[str, IndexSetting]:
    """Return what is set by what it is called."""
    indexes = {_label(item): _index(item) for item in found.indexes}
    return indexes | {name: item for field in found.fields for name, item in _field(field)}


def index_texts(found: IndexSettings) -> dict[str, str]:
    """Return what is set, for a person, by what it is called, in an order that no list changes."""
    return {name: item.text for name, item in sorted(index_settings(found).items())}


def index_findings(
    database: str, expected: Mapping[str, str], actual: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Compare what is set about indexes and fields with what it was.

    Args:
        database: What it is about.
        expected: What was set, of `index_texts`.
        actual: What is.
    """
    return tuple(
        finding(database, name, _told(_meant(was), name), _told(now, name))
        for name in sorted(_named(expected, actual))
        if (now := actual.get(name)) not in {was := expected.get(name), _meant(was)}
    )


def agreed(found: Iterable[Finding], planned: Collection[Finding]) -> tuple[Finding, ...]:
    """Return the differences that a plan showed; whatever else differs somebody changed since.

    An index that was broken may be gone: it is made anew.

    Args:
        found: What differs now.
        planned: What differed when the plan was made.
    """
    seen = {(item.aspect, item.actual) for item in planned}
    seen |= {(item.aspect, _NOT_THERE) for item in planned if item.actual == _BROKEN}
    return tuple(item for item in found if (item.aspect, item.actual) in seen)


def nobodys(texts: Mapping[str, str]) -> dict[str, str]:
    """Return those settings of `index_texts` that every new database has, which nobody chose."""
    return {name: text for name, text in texts.items() if name == _OF_ALL_OTHERS}


def index_changes(
    wanted: IndexSettings, there: IndexSettings
) -> tuple[dict[str, IndexSetting], dict[str, IndexSetting]]:
    """Return what has to go, and then what has to be made or set, each by what it is called.

    In that order: one field of a collection group can have a time to live, and a broken index is in
    the way of the one that is made.
    """
    before, now = index_settings(wanted), index_settings(there)
    texts = index_texts(wanted), index_texts(there)
    names = [item.aspect for item in index_findings("", *texts)]
    gone = {
        name: now[name]
        for name in names
        if name in now and (name not in before or now[name].text == _BROKEN)
    }
    return gone, {name: before[name] for name in names if name in before}


def _meant(text: str | None) -> str | None:
    """Return the text of a setting as it was meant: a broken index was meant to be there."""
    return _THERE if text == _BROKEN else text


def _named(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    """Return what is set on either side.

    The setting for all other fields is in every database: where one list lacks it, it is unknown there.
    """
    names = {*one, *other}
    return names if _OF_ALL_OTHERS in {*one} & {*other} else names - {_OF_ALL_OTHERS}


def _told(text: str | None, name: str) -> str:
    if text is None:
        return _NOT_THERE if name.startswith("index on ") else _UNSET
    return text


def _index(item: Resource) -> IndexSetting:
    group, index_id = _own_name(item, "/indexes/")
    text = _BROKEN if item.get("state") == "NEEDS_REPAIR" else _THERE
    return IndexSetting(group, index_id, "", _chosen(item), text)


def _field(item: Resource) -> Iterator[tuple[str, IndexSetting]]:
    group, path = _own_name(item, "/fields/")
    label = "all other fields" if group == EVERY_FIELD else f"{group}.{path}"
    for part in sorted(item.keys() - _OF_GOOGLE):
        value = item[part]
        if part == INDEXED:
            if value.get("usesAncestorConfig") or value.get("reverting"):
                continue
            indexes = [_of_field(index) for index in value.get("indexes") or ()]
            value = {**_chosen(value), "indexes": indexes}
            text = "; ".join(sorted(map(_field_text, indexes))) or "no index"
            yield f"index setting of {label}", IndexSetting(group, path, part, value, text)
        elif part == EXPIRING:
            value = _chosen(value)
            text = "on" if not value else f"on, {_json(value)}"
            yield f"time to live of {label}", IndexSetting(group, path, part, value, text)
        elif (value := _plain(value)) is not None:
            yield f"{part} of {label}", IndexSetting(group, path, part, value, _json(value))


def _label(item: Resource) -> str:
    group, _ = _own_name(item, "/indexes/")
    chosen = _chosen(item)
    fields = ", ".join(_part_text(field) for field in chosen.pop("fields", ()))
    if chosen.get("queryScope") == "COLLECTION":
        del chosen["queryScope"]
    return f"index on {group} ({fields})" + (f" {_json(chosen)}" if chosen else "")


def _part_text(field: Resource) -> str:
    path, rest = field.get("fieldPath", ""), {**field}
    rest.pop("fieldPath", None)
    if rest == {"order": "ASCENDING"}:
        return str(path)
    return f"{path} {_way(rest)}".strip()


def _way(rest: Resource) -> str:
    if rest.keys() in ({"order"}, {"arrayConfig"}):
        return str(next(iter(rest.values()))).lower()
    return _json(rest)


def _of_field(index: Resource) -> Resource:
    """Return an index of a field; that it names the field says nothing (Firestore REST, IndexField)."""
    chosen = _chosen(index)
    fields = [
        {key: value for key, value in field.items() if key != "fieldPath"}
        for field in chosen.get("fields", ())
    ]
    return {**chosen, "fields": fields}


def _field_text(index: Resource) -> str:
    rest = {**index}
    ways = ", ".join(map(_way, rest.pop("fields")))
    if rest.get("queryScope") == "COLLECTION":
        del rest["queryScope"]
    return ways + (f" {_json(rest)}" if rest else "")


def _chosen(value: Resource) -> Resource:
    """Return what somebody chose of an index, of the indexes of a field, or of its time to live."""
    plain = _plain(value) or {}
    return {
        key: item for key, item in plain.items() if key not in _OF_GOOGLE | _OF_GOOGLE_IN_FIELDS
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value without the parts that mean the same as absent ones; None where all of it does."""
    if isinstance(value, dict):
        parts = {key: _plain(item) for key, item in value.items()}
        return {key: item for key, item in parts.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and (value in _NOT_SET or value.endswith("_UNSPECIFIED")):
        return None
    return value or None


def _own_name(item: Resource, folder: str) -> tuple[str, str]:
    """Return the collection group of an index or a field, and the rest of its name."""
    group, _, own = str(item.get("name", "")).partition("/collectionGroups/")[2].partition(folder)
    return group, own


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
