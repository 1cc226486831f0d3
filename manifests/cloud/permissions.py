"""Which permissions a call of BigQuery's API takes, where no role that reads and writes data has them."""

import re

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
