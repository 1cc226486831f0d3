"""Permissions that no role has which reads and writes data: named where a call is refused."""

import re

COPIES_POLICIES = "bigquery.rowAccessPolicies.create and bigquery.rowAccessPolicies.setIamPolicy"
"""What it takes to copy, clone or snapshot a table with row access policies."""
READS_PROTECTED_HISTORY = "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions"
"""What it takes to read the past of a table that has or ever had row access policies."""

_POLICIES = re.compile(r".*/rowAccessPolicies(/[^/:]+)?(:getIamPolicy)?")


def needed_permissions(method: str, path: str) -> str:
    """Return the permissions that a call takes, where no role that reads and writes data has them.

    Use row-level security (BigQuery, Required permissions).
    """
    policies = _POLICIES.fullmatch(path)
    if policies is None:
        return ""
    if policies[2]:
        return "bigquery.rowAccessPolicies.getIamPolicy"
    verbs = {"POST": ("create", "setIamPolicy"), "PUT": ("update", "setIamPolicy")}
    needed = verbs.get(method, ("delete",) if method == "DELETE" else ("list",))
    return " and ".join(f"bigquery.rowAccessPolicies.{verb}" for verb in needed)
