"""What differs between the recovery point and a dataset, table, view or routine as it is."""

from collections.abc import Mapping

from manifests.kinds.tables.model import TableBackup
from manifests.kinds.tables.properties import settings
from manifests.partitions import WHOLE_TABLE
from manifests.shapes import inner
from manifests.values import Fingerprint, Resource
from recovery.compare.findings import Finding, differences, finding, present
from recovery.compare.observed import ObservedTable, without_expired
from recovery.compare.properties import comparable

_SYNONYMS = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
_SHAPE = ("timePartitioning", "rangePartitioning")
_FIELD_SHAPE = (
    "name",
    "type",
    "mode",
    "precision",
    "scale",
    "maxLength",
    "timestampPrecision",
    "rangeElementType",
    "foreignTypeDefinition",
    "generatedColumn",
)


def shape_findings(expected: TableBackup, actual: Resource) -> tuple[Finding, ...]:
    """Compare what only a new table can have: its type, columns, modes, partitioning.

    Partition expiration is a property, not a shape: it can be changed on a table that exists.
    """
    pairs: list[tuple[str, object, object]] = [
        ("type", expected.resource.get("type", "TABLE"), actual.get("type", "TABLE"))
    ]
    pairs += [
        (key, _without_expiration(expected.resource.get(key)), _without_expiration(actual.get(key)))
        for key in _SHAPE
    ]
    pairs.append(
        ("columns", _field_shapes(expected.resource), _field_shapes(actual)),
    )
    return differences(expected.name, pairs)


def property_findings(expected: TableBackup, actual: ObservedTable) -> tuple[Finding, ...]:
    """Compare what can be set on a table that exists: everything else the manifest holds."""
    resource = actual.resource or {"tableReference": {}}
    pairs = _setting_pairs(expected.resource, resource, besides=("schema", *_SHAPE))
    pairs.append(
        (
            "partition expiration",
            inner(expected.resource, "timePartitioning").get("expirationMs"),
            inner(resource, "timePartitioning").get("expirationMs"),
        )
    )
    pairs += _column_pairs(expected.resource, resource)
    pairs.append(
        (
            "row access policies",
            _policies(expected.row_access_policies),
            _policies(actual.row_access_policies),
        )
    )
    return differences(expected.name, pairs)


def row_findings(
    expected: TableBackup,
    actual: Mapping[str, Fingerprint] | None,
    *,
    exact: bool,
    only: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Compare the content partition by partition.

    Args:
        expected: The table at the recovery point.
        actual: The table's partitions now; None when they could not be measured.
        exact: Whether a partition the recovery point does not know is a difference. The rows of a
            table without partitions always are.
        only: Only these partitions of the recovery point; all when empty.
    """
    if actual is None:
        return (finding(expected.name, "content", "measured", "could not be measured"),)
    known = expected.fingerprints
    findings = [
        finding(
            expected.name,
            f"partition {name}",
            _content(known[name]),
            _content(actual[name]) if name in actual else "missing",
        )
        for name in sorted(known)
        if (not only or name in only) and actual.get(name) != known[name]
    ]
    findings += [
        finding(
            expected.name,
            f"partition {name}",
            "not there",
            f"not in the backup: {_content(actual[name])}",
        )
        for name in sorted(set(actual) - set(known))
        if (exact and not only) or name == WHOLE_TABLE
    ]
    return tuple(findings)


def table_findings(
    expected: TableBackup, actual: ObservedTable, *, exact: bool, only: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """Compare everything: existence, shape, properties, rows; the last as `row_findings` does.

    What the table's own rule has let expire is no difference.
    """
    if actual.resource is None:
        return (finding(expected.name, "table", "there", "gone"),)
    unexpired, present_rows, _ = without_expired(expected, actual)
    return (
        *shape_findings(expected, actual.resource),
        *property_findings(expected, actual),
        *row_findings(unexpired, present_rows.partitions, exact=exact, only=only),
    )


def dataset_findings(expected: Resource, actual: Resource | None) -> tuple[Finding, ...]:
    """Compare a dataset's own properties; access is compared and never changed by a recovery."""
    subject = str(expected["datasetReference"]["datasetId"])
    if actual is None:
        return (finding(subject, "dataset", "there", "gone"),)
    return differences(subject, _setting_pairs(expected, actual))


def definition_findings(
    expected: Resource, actual: Resource | None, *, subject: str
) -> tuple[Finding, ...]:
    """Compare a view, materialized view or routine by all that can be written of it."""
    if actual is None:
        return (finding(subject, "definition", "there", "gone"),)
    pairs = _setting_pairs(expected, actual, besides=("schema",))
    if "schema" in expected or "schema" in actual:
        pairs.append(("columns", _field_shapes(expected), _field_shapes(actual)))
        pairs += _column_pairs(expected, actual)
    return differences(subject, pairs)


def _setting_pairs(
    expected: Resource, actual: Resource, *, besides: tuple[str, ...] = ()
) -> list[tuple[str, object, object]]:
    wanted, found = comparable(expected), comparable(actual)
    keys = [key for key in wanted | found if key not in besides]
    return [(key, wanted.get(key), found.get(key)) for key in sorted(keys)]


def _column_pairs(expected: Resource, actual: Resource) -> list[tuple[str, object, object]]:
    """Return what can be set of columns in place, and of the schema as a whole."""
    wanted, found = (settings(resource).get("schema") or {} for resource in (expected, actual))
    return [
        ("column properties", _field_details(wanted), _field_details(found)),
        ("schema", {**wanted, "fields": None}, {**found, "fields": None}),
    ]


def _content(found: Fingerprint) -> str:
    # Every measured value: two contents that differ must not look alike in a report.
    hashes = f"{found.xor & 0xFFFFFFFFFFFFFFFF:016x}-{found.low_sum:x}-{found.high_sum:x}"
    return f"{found.row_count} rows, {hashes}"


def _without_expiration(partitioning: Resource | None) -> Resource | None:
    if not partitioning:
        return None
    ignored = ("expirationMs", "requirePartitionFilter")
    return {key: value for key, value in partitioning.items() if key not in ignored}


def _field_shapes(resource: Resource) -> list[object]:
    return [_field_shape(field) for field in inner(resource, "schema").get("fields", [])]


def _field_shape(field: Resource) -> dict[str, object]:
    shape: dict[str, object] = {
        key: str(field[key]) for key in _FIELD_SHAPE if field.get(key) is not None
    }
    shape["type"] = _SYNONYMS.get(field["type"], field["type"])
    shape.setdefault("mode", "NULLABLE")
    fields = [_field_shape(child) for child in field.get("fields", [])]
    return {**shape, "fields": fields} if fields else shape


def _field_details(schema: Resource, prefix: str = "") -> dict[str, object]:
    details: dict[str, object] = {}
    for field in schema.get("fields", []):
        path = f"{prefix}{field['name']}"
        own = {
            key: value
            for key, value in field.items()
            if key not in (*_FIELD_SHAPE, "fields") and present(value) is not None
        }
        if own:
            details[path] = own
        details |= _field_details(field, f"{path}.")
    return details


def _policies(policies: tuple[Resource, ...]) -> dict[str, object]:
    return {
        policy["rowAccessPolicyReference"]["policyId"]: comparable(policy) for policy in policies
    }
