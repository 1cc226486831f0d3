"""Row access policies: kept with their table, not applied to reads."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.standin.bigquery.call import Call, page
from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import etag_of, stamped
from tests.standin.bigquery.errors import duplicate, invalid, not_found
from tests.standin.bigquery.googlesql.judge import check_syntax, check_types
from tests.standin.bigquery.session import Session
from tests.standin.bigquery.shared import POLICIES, Shared

_VIEWER = "roles/bigquery.filteredDataViewer"


def put_policy(service: Shared, key: TableKey, policy_id: str, body: Resource) -> Resource:
    """Create or replace a policy of a table."""
    with service.database.writing([key]) as write:
        entry = write.catalog.require_table(key)
        if entry.resource["type"] != "TABLE":
            raise invalid(f"{entry.full_name} cannot have row access policies")
        verb = "update" if policy_id in entry.policies else "create"
        service.check_permissions(
            entry.full_name,
            f"{POLICIES}.{verb}",
            f"{POLICIES}.setIamPolicy",
            "bigquery.tables.getData",
        )
        moment = datetime.fromtimestamp(write.stamp / 1_000_000, UTC).isoformat()
        created = entry.policies.get(policy_id, {}).get("creationTime", moment)
        policy = {
            "rowAccessPolicyReference": {
                "projectId": key[0],
                "datasetId": key[1],
                "tableId": key[2],
                "policyId": policy_id,
            },
            "filterPredicate": body.get("filterPredicate", ""),
            "grantees": list(body.get("grantees", [])),
            "creationTime": created,
            "lastModifiedTime": moment,
            "etag": etag_of(key, policy_id, write.stamp),
        }
        policies = {**entry.policies, policy_id: policy}
        changed = replace(entry, policies=policies, had_policies=True)
        write.save(stamped(changed, write.stamp))
    return shown(policy)


def delete_policies(service: Shared, key: TableKey, policy_ids: list[str], *, force: bool) -> None:
    """Delete policies of a table.

    Args:
        service: The parts that requests share.
        key: The table.
        policy_ids: The policies.
        force: Whether the last one may go too, which opens every row.

    Raises:
        BigQueryError: None would be left.
    """
    with service.database.writing([key]) as write:
        entry = write.catalog.require_table(key)
        service.check_permissions(entry.full_name, f"{POLICIES}.delete", f"{POLICIES}.setIamPolicy")
        if not force and set(entry.policies) <= set(policy_ids):
            raise invalid(
                f"Cannot delete the last row access policy of {entry.full_name} without force"
            )
        kept = {name: it for name, it in entry.policies.items() if name not in policy_ids}
        write.save(stamped(replace(entry, policies=kept), write.stamp))


def shown(policy: Resource) -> Resource:
    """Return a policy as it is answered: its grantees are input only."""
    return {key: value for key, value in policy.items() if key != "grantees"}


def _require(service: Shared, call: Call) -> tuple[Entry, Resource]:
    entry = service.database.catalog.require_table(call.table_key)
    policy_id = call.path["policyId"]
    if policy_id not in entry.policies:
        raise not_found("Row access policy", f"{entry.full_name}.{policy_id}")
    return entry, entry.policies[policy_id]


def list_policies(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.list."""
    entry = service.database.catalog.require_table(call.table_key)
    service.check_permissions(entry.full_name, f"{POLICIES}.list")
    items = [shown(entry.policies[name]) for name in sorted(entry.policies)]
    return page(call, items, "rowAccessPolicies")


def get_policy(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.get."""
    return shown(_require(service, call)[1])


def insert_policy(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.insert."""
    policy_id = call.body.get("rowAccessPolicyReference", {}).get("policyId")
    if not policy_id:
        raise invalid("Required parameter is missing: rowAccessPolicyReference.policyId")
    if policy_id in service.database.catalog.require_table(call.table_key).policies:
        raise duplicate("Row access policy", policy_id)
    _check_filter(service, call)
    return put_policy(service, call.table_key, policy_id, call.body)


def _check_filter(service: Shared, call: Call) -> None:
    """Refuse a filter that GoogleSQL refuses of this table; a statement's filter it has read."""
    table = ".".join(call.table_key)
    sql = f"SELECT 1 FROM `{table}` WHERE (\n{call.body.get('filterPredicate', '')}\n)"
    with service.database.reading() as connection:
        session = Session(service=service, connection=connection, project=call.project)
        check_syntax(sql)
        check_types(sql, session)


def update_policy(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.update."""
    _require(service, call)
    _check_filter(service, call)
    return put_policy(service, call.table_key, call.path["policyId"], call.body)


def delete_policy(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.delete."""
    _require(service, call)
    policy_ids = [call.path["policyId"]]
    delete_policies(service, call.table_key, policy_ids, force=call.flag("force"))
    return {}


def get_policy_access(service: Shared, call: Call) -> Resource:
    """Answer rowAccessPolicies.getIamPolicy: the grantees as a binding."""
    entry, policy = _require(service, call)
    service.check_permissions(entry.full_name, f"{POLICIES}.getIamPolicy")
    members = policy.get("grantees", [])
    bindings = [{"role": _VIEWER, "members": members}] if members else []
    return {"version": 1, "etag": policy["etag"], "bindings": bindings}
