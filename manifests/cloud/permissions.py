"""Permissions that the roles for reading and writing data lack; a refused call names them."""

import re

COPIES_POLICIES = (
    "bigquery.rowAccessPolicies.list and bigquery.rowAccessPolicies.getIamPolicy on the table, and a "
    "policy of it whose filter is TRUE; bigquery.rowAccessPolicies.create and "
    "bigquery.rowAccessPolicies.setIamPolicy on the copy"
)
"""What it takes to copy, clone or snapshot a table with row access policies.

Using row-level security with other BigQuery features.
"""
READS_PROTECTED_HISTORY = "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions"
"""What it takes to read the past of a table that has or ever had row access policies."""

_ACCESS = re.compile(r"datasets/[^/]+/tables/[^/:]+:([gs]etIamPolicy)")
_POLICIES = re.compile(r".*/rowAccessPolicies(/[^/:]+)?(:getIamPolicy)?")


def needed_permissions(method: str, path: str) -> str:
    """Return the permissions that a call takes, where no role that reads and writes data has them.

    BigQuery REST, rowAccessPolicies: the description of each method. BigQuery roles and permissions.
    """
    if access := _ACCESS.fullmatch(path):
        return f"bigquery.tables.{access[1]}"
    policies = _POLICIES.fullmatch(path)
    if policies is None:
        return ""
    if policies[2]:
        return "bigquery.rowAccessPolicies.getIamPolicy"
    verb = {"POST": "create", "PUT": "update", "DELETE": "delete"}.get(method)
    if verb is None:
        return "bigquery.rowAccessPolicies.list"
    needed = [f"bigquery.rowAccessPolicies.{verb}", "bigquery.rowAccessPolicies.setIamPolicy"]
    if verb != "delete":
        needed.append("bigquery.tables.getData")
    return " and ".join(needed)
