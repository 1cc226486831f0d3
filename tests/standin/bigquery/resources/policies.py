"""Row access policies: kept with their table, not applied to reads."""

from dataclasses import replace

from tests.standin.bigquery.engine.entries import Entry, Resource
from tests.standin.bigquery.engine.locks import TableKey
from tests.standin.bigquery.engine.measures import etag_of, stamped
from tests.standin.bigquery.errors import duplicate, invalid, not_found
from tests.standin.bigquery.service import Call, Service, page

_VIEWER = "roles/bigquery.filteredDataViewer"


def put_policy(service: Service, key: TableKey, policy_id: str, body: Resource) -> Resource:
    """Create or replace a policy of a table."""
    with service.database.writing([key]) as write:
        entry = write.catalog.require_table(key)
        if entry.resource["type"] != "TABLE":
            raise invalid(f"{entry.full_name} cannot have row access policies")
        moment = str(write.stamp // 1000)
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
        write.save(stamped(replace(entry, policies=policies), write.stamp))
    return shown(policy)


def delete_policies(service: Service, key: TableKey, policy_ids: list[str]) -> None:
    """Delete policies of a table."""
    with service.database.writing([key]) as write:
        entry = write.catalog.require_table(key)
        kept = {name: it for name, it in entry.policies.items() if name not in policy_ids}
        write.save(stamped(replace(entry, policies=kept), write.stamp))


def shown(policy: Resource) -> Resource:
    """Return a policy as it is answered: its grantees are input only."""
    return {key: value for key, value in policy.items() if key != "grantees"}


def _require(service: Service, call: Call) -> tuple[Entry, Resource]:
    entry = service.database.catalog.require_table(call.table_key)
    policy_id = call.path["policyId"]
    if policy_id not in entry.policies:
        raise not_found("Row access policy", f"{entry.full_name}.{policy_id}")
    return entry, entry.policies[policy_id]


def list_policies(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.list."""
    entry = service.database.catalog.require_table(call.table_key)
    items = [shown(entry.policies[name]) for name in sorted(entry.policies)]
    return page(call, items, "rowAccessPolicies")


def get_policy(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.get."""
    return shown(_require(service, call)[1])


def insert_policy(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.insert."""
    policy_id = call.body.get("rowAccessPolicyReference", {}).get("policyId")
    if not policy_id:
        raise invalid("Required parameter is missing: rowAccessPolicyReference.policyId")
    if policy_id in service.database.catalog.require_table(call.table_key).policies:
        raise duplicate("Row access policy", policy_id)
    return put_policy(service, call.table_key, policy_id, call.body)


def update_policy(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.update."""
    _require(service, call)
    return put_policy(service, call.table_key, call.path["policyId"], call.body)


def delete_policy(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.delete."""
    _require(service, call)
    delete_policies(service, call.table_key, [call.path["policyId"]])
    return {}


def get_policy_access(service: Service, call: Call) -> Resource:
    """Answer rowAccessPolicies.getIamPolicy: the grantees as a binding."""
    _, policy = _require(service, call)
    members = policy.get("grantees", [])
    bindings = [{"role": _VIEWER, "members": members}] if members else []
    return {"version": 1, "etag": policy["etag"], "bindings": bindings}
