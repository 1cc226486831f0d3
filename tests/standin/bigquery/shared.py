"""What statements and resources share: rows, settings, and how often a table may change."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from tests.standin.bigquery.engine.database import Database
from tests.standin.bigquery.engine.entries import Entry
from tests.standin.bigquery.errors import BigQueryError
from tests.standin.bigquery.settings import Hidden, Settings
from tests.standin.bigquery.state.quotas import Quotas
from tests.standin.bigquery.state.runner import Jobs

POLICIES = "bigquery.rowAccessPolicies"
"""What every permission on row access policies begins with."""

_NAMED = ("projectId", "datasetId", "tableId")


@dataclass(kw_only=True)
class Shared:
    """The parts below the work of jobs, and requests."""

    database: Database
    settings: Settings
    quotas: Quotas
    jobs: Jobs

    def check_permissions(self, subject: str, *permissions: str) -> None:
        """Refuse what a permission is lacking for.

        Raises:
            BigQueryError: One is.
        """
        for permission in permissions:
            if permission in self.settings.lacking:
                raise BigQueryError(
                    "accessDenied",
                    f"Access Denied: Table {subject}: User does not have permission to perform this "
                    f"on table {subject}, or perhaps it does not exist.",
                )

    def hidden_of(self, entry: Entry) -> Hidden:
        """Return what no reader sees of a table; a clone has its base table's protection too."""
        base = entry.resource.get("cloneDefinition", {}).get("baseTableReference", {})
        names = (".".join(entry.key), ".".join(base.get(key, "") for key in _NAMED))
        found = (
            item
            for name in names
            for pattern, item in self.settings.hidden.items()
            if fnmatchcase(name, pattern)
        )
        return next(found, Hidden())

    def copied_policies(self, source: Entry, copy: Entry) -> Entry:
        """Return a copy, clone or snapshot of a table with the table's policies.

        Raises:
            BigQueryError: The caller may not create them (Use row-level security with other features).
        """
        if source.policies:
            self.check_permissions(copy.full_name, f"{POLICIES}.create", f"{POLICIES}.setIamPolicy")
        return replace(copy, policies=source.policies, had_policies=source.had_policies)

    def check_history(self, entry: Entry) -> None:
        """Refuse time travel of a table that has or ever had policies, to who may not see it all.

        Raises:
            BigQueryError: The caller lacks the permission (Data retention with time travel).
        """
        if entry.had_policies:
            self.check_permissions(entry.full_name, f"{POLICIES}.overrideTimeTravelRestrictions")
