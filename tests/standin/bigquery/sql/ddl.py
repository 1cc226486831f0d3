"""CREATE, ALTER and DROP of tables."""

from dataclasses import replace
from typing import Any

from sqlglot import exp

from tests.standin.bigquery.engine.copies import copied_resource, copy_rows
from tests.standin.bigquery.engine.database import Write
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.expiration import under_its_rule
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import measured, stamped
from tests.standin.bigquery.engine.rows import append, generation_at, replaced
from tests.standin.bigquery.engine.tables import (
    check_partitioning,
    described,
    drop_table,
    new_table,
    stored_form,
    with_schema,
)
from tests.standin.bigquery.engine.types import Field, is_required
from tests.standin.bigquery.errors import duplicate, invalid_query, not_found
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.sql.fields import field_of_column
from tests.standin.bigquery.sql.insert import values_for
from tests.standin.bigquery.sql.options import (
    options_in,
    options_of,
    partitioning_of,
    table_options,
)
from tests.standin.bigquery.sql.outcome import Outcome
from tests.standin.bigquery.sql.parser import parse
from tests.standin.bigquery.sql.relations import instant_of
from tests.standin.bigquery.sql.results import Described, describe
from tests.standin.bigquery.sql.statements import Statement, names_of
from tests.standin.bigquery.sql.translate import to_duckdb


def run_create_table(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run a CREATE TABLE, with or without AS SELECT."""
    tree = statement.tree
    assert isinstance(tree, exp.Create)
    schema = tree.this if isinstance(tree.this, exp.Schema) else None
    key = session.key_of(schema.this if schema is not None else tree.this)
    existing = session.find(key)
    outcome = Outcome(kind=statement.kind, operation="CREATE", target=key)
    if existing is not None and not tree.args.get("replace"):
        if not tree.args.get("exists"):
            raise duplicate("Table", f"{key[0]}:{key[1]}.{key[2]}")
        outcome.operation = "SKIP"
        return outcome
    query = None
    if tree.expression is not None:
        query = describe(session.connection, to_duckdb(tree.expression.copy(), session))
    resource = _resource_of(session, tree, schema, query)
    outcome.operation = "CREATE" if existing is None else "REPLACE"
    entry = _created(write, key, resource, existing)
    if query is not None:
        names = [field["name"] for field in entry.fields]
        values = values_for(entry, query, names, session, write)
        append(write, entry.rows, values.select, values.columns)
    write.save(measured(entry, write))
    return outcome


def _resource_of(
    session: Session, tree: exp.Create, schema: exp.Schema | None, query: Described | None
) -> Resource:
    properties = tree.args.get("properties")
    resource = partitioning_of(properties)
    resource |= table_options(options_in(properties, session), resource)
    columns = [it for it in schema.expressions if isinstance(it, exp.ColumnDef)] if schema else []
    fields = [field_of_column(item) for item in columns]
    if not fields and query is not None:
        fields = query.fields
    resource["schema"] = {"fields": fields}
    constraints = _constraints(schema)
    return resource | ({"tableConstraints": constraints} if constraints else {})


def _constraints(schema: exp.Schema | None) -> Resource:
    found: Resource = {}
    for item in schema.expressions if schema is not None else []:
        key = item.find(exp.PrimaryKey) if not isinstance(item, exp.ColumnDef) else None
        if key is not None:
            found["primaryKey"] = {"columns": [column.name for column in key.expressions]}
        elif isinstance(item, exp.ColumnDef) and item.find(exp.PrimaryKeyColumnConstraint):
            found["primaryKey"] = {"columns": [item.name]}
    return found


def _created(
    write: Write, key: TableKey, resource: Resource, existing: Entry | None, kind: str = "TABLE"
) -> Entry:
    if existing is not None and existing.is_table:
        return _replaced_table(write, key, resource, existing)
    if existing is not None:
        drop_table(write, existing)
    return new_table(write, key, resource, kind=kind)


def _replaced_table(write: Write, key: TableKey, resource: Resource, existing: Entry) -> Entry:
    """Return a table with a new definition and no rows; its past stays readable."""
    drop_table(write, existing)
    fresh = described(write, key, resource, kind="TABLE")
    check_partitioning(fresh.resource, fresh.fields)
    generation = stored_form(write, fresh.resource, fresh.fields)
    entry = replace(existing, resource=fresh.resource, policies={}, deleted=None)
    return replaced(entry, write, generation)


def run_clone(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run CREATE [SNAPSHOT] TABLE ... CLONE | COPY | LIKE."""
    parts = statement.parts
    key = session.full_key(names_of(parts["name"] or ""))
    verb = (parts["verb"] or "").upper()
    kind = "CREATE_SNAPSHOT_TABLE" if parts["snapshot"] else f"CREATE_TABLE_{verb}"
    outcome = Outcome(kind=kind if verb != "LIKE" else "CREATE_TABLE", target=key)
    existing = session.find(key)
    if existing is not None and not parts["replace"]:
        if not parts["missing"]:
            raise duplicate("Table", f"{key[0]}:{key[1]}.{key[2]}")
        outcome.operation = "SKIP"
        return outcome
    outcome.operation = "CREATE" if existing is None else "REPLACE"
    source_key = session.full_key(names_of(parts["source"] or ""))
    instant = int(parts["at"]) if parts["at"] else None
    source = session.table(source_key)
    if not source.is_table:
        raise invalid_query(f"{source.full_name} is a {source.resource['type']}, not a table")
    if instant is not None:
        source = source.with_resource(
            schema={"fields": list(generation_at(source, instant).fields)}
        )
    operation = "SNAPSHOT" if parts["snapshot"] else verb
    resource = copied_resource(source, operation, write.stamp if instant is None else instant)
    resource |= table_options(options_of(parts["options"], session), resource)
    lost = session.service.settings.lost_by_clones if operation in ("CLONE", "SNAPSHOT") else ()
    for part in lost:
        resource.pop(part, None)
    entry = _created(write, key, resource, existing, "SNAPSHOT" if parts["snapshot"] else "TABLE")
    write.save(measured(entry, write))
    if verb != "LIKE":
        _fill(session, write, source, entry, instant)
    return outcome


def _fill(session: Session, write: Write, source: Entry, entry: Entry, instant: int | None) -> None:
    """Copy rows and policies into a new copy or clone, for who may see them."""
    if instant is not None:
        session.service.check_history(source)
    entry = session.service.copied_policies(source, entry)
    copy_rows(write, source, entry, instant=instant)


def pin_clone(session: Session, statement: Statement) -> None:
    """Evaluate the instant of a CLONE and wait until it can be read, as `pin_instants` does."""
    parts = statement.parts
    instant = instant_of(parse(f"SELECT {parts['at']}").expressions[0], session, to_duckdb)
    key = session.full_key(names_of(parts["source"] or ""))
    session.service.database.locks.wait_for_writes(key, instant)
    parts["at"] = str(instant)


def run_drop(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run DROP TABLE, VIEW, MATERIALIZED VIEW or SNAPSHOT TABLE."""
    tree = statement.tree
    if tree is None:
        key = session.full_key(names_of(statement.parts["name"] or ""))
        optional = bool(statement.parts["exists"])
    else:
        key, optional = session.key_of(tree.this), bool(tree.args.get("exists"))
    outcome = Outcome(kind=statement.kind, operation="DROP", target=key)
    entry = session.find(key)
    if entry is None:
        if not optional:
            raise not_found("Table", f"{key[0]}:{key[1]}.{key[2]}")
        outcome.operation = "SKIP"
        return outcome
    wanted = statement.kind.removeprefix("DROP_").removesuffix("_TABLE")
    if entry.resource["type"] != wanted:
        raise invalid_query(
            f"{entry.full_name} is a {entry.resource['type']}; use the DROP statement for that"
        )
    drop_table(write, entry)
    return outcome


def run_alter(session: Session, statement: Statement, write: Write) -> Outcome:
    """Run ALTER TABLE ADD COLUMN, SET OPTIONS or RENAME TO, and a few more."""
    tree = statement.tree
    assert isinstance(tree, exp.Alter)
    key = session.key_of(tree.this)
    entry = session.table(key)
    if (new_key := renamed_key(session, tree)) is not None:
        _rename(session, write, entry, new_key)
        return Outcome(kind="ALTER_TABLE", operation="ALTER", target=key)
    for action in tree.args["actions"]:
        entry = under_its_rule(write, entry, _altered(session, write, entry, action))
    if entry.is_table:
        entry = measured(entry, write)
    write.save(stamped(entry, write.stamp))
    return Outcome(kind="ALTER_TABLE", operation="ALTER", target=key)


def renamed_key(session: Session, tree: exp.Alter) -> TableKey | None:
    """Return the name that a table gets; None where it keeps its own."""
    action = next(iter(tree.args["actions"]), None)
    if not isinstance(action, exp.AlterRename):
        return None
    project, dataset_id, _ = session.key_of(tree.this)
    return project, dataset_id, action.this.name


def _rename(session: Session, write: Write, entry: Entry, key: TableKey) -> None:
    """Make a table anew under another name, as old as it was (BigQuery, Manage tables).

    It is refused for some hours after rows were streamed into it, and in a dataset whose tables expire it
    can be gone at once, as the same page says.
    """
    if not entry.is_table:
        raise invalid_query(f"{entry.full_name} is a {entry.resource['type']}, not a table")
    if write.table(key) is not None:
        raise duplicate("Table", f"{key[0]}:{key[1]}.{key[2]}")
    service = session.service
    if ".".join(entry.key) in service.settings.streaming_buffers or service.insert_ids.has_lately(
        entry.number, write.stamp
    ):
        raise invalid_query(f"Streaming is in use on table {entry.full_name}: it is not renamed")
    own = ("kind", "id", "selfLink", "tableReference", "etag", "creationTime")
    resource = {name: value for name, value in entry.resource.items() if name not in own}
    fresh = new_table(write, key, resource, kind=str(entry.resource["type"]))
    fresh = replace(fresh, policies=entry.policies, had_policies=entry.had_policies)
    copied = copy_rows(write, entry, fresh)
    created = entry.resource["creationTime"]
    dataset = write.catalog.require_dataset(key[0], key[1]).resource
    life = dataset.get("defaultTableExpirationMs")
    dated = {"expirationTime": str(int(created) + int(life))} if life else {}
    write.save(copied.with_resource(creationTime=created, **dated))
    drop_table(write, entry)


def _altered(session: Session, write: Write, entry: Entry, action: exp.Expression) -> Entry:
    if isinstance(action, exp.ColumnDef):
        return _with_column(write, entry, field_of_column(action), bool(action.args.get("exists")))
    if isinstance(action, exp.AlterSet):
        options: dict[str, Any] = {}
        for properties in action.expressions:
            options |= options_in(properties, session)
        return entry.with_resource(**table_options(options, entry.resource))
    if isinstance(action, exp.AlterColumn):
        return _with_column_change(write, entry, action)
    raise invalid_query(f"ALTER TABLE {action.sql('bigquery')} is not supported by the stand-in")


def _with_column(write: Write, entry: Entry, field: Field, optional: bool) -> Entry:  # noqa: FBT001 - one caller
    present = {item["name"].lower() for item in entry.fields}
    if field["name"].lower() in present:
        if optional:
            return entry
        raise invalid_query(f"Column already exists: {field['name']}")
    if is_required(field):
        raise invalid_query(f"Cannot add a NOT NULL column to an existing table: {field['name']}")
    return with_schema(write, entry, [*entry.fields, field])


def _with_column_change(write: Write, entry: Entry, action: exp.AlterColumn) -> Entry:
    changes = action.args.get("default") is not None or (
        action.args.get("drop") and action.args.get("allow_null") is not False
    )
    if not changes:
        raise invalid_query(f"{action.sql('bigquery')} is not supported by the stand-in")
    if action.this.name.lower() not in {field["name"].lower() for field in entry.fields}:
        raise invalid_query(f"Column not found: {action.this.name}")
    fields = []
    for field in entry.fields:
        changed = dict(field)
        if field["name"].lower() == action.this.name.lower():
            if action.args.get("drop") and action.args.get("allow_null") is not False:
                changed["mode"] = "NULLABLE"
            if action.args.get("default") is not None:
                changed["defaultValueExpression"] = action.args["default"].sql("bigquery")
        fields.append(changed)
    return with_schema(write, entry, fields)
