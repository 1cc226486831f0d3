"""Puts a proven staging table in its place, with an undo point, and proves the result."""

from functools import partial

from google.cloud import bigquery

from manifests import layout, statements
from manifests.cloud.permissions import COPIES_POLICIES
from manifests.cloud.resources import TableResource
from manifests.cloud.table_paths import table_reference, tables_path
from manifests.errors import RefusedError
from manifests.kinds.tables.model import TableBackup, encryption_key
from recovery.compare.observed import ObservedTable, expired_of, extra_partitions, without_expired
from recovery.compare.tables import shape_findings, table_findings
from recovery.kinds.former import FOLDER, Former, former_name
from recovery.kinds.tables.cloud.bigquery import BigQueryTarget
from recovery.kinds.tables.cloud.properties import PropertySetter, writable
from recovery.kinds.tables.cloud.replacing import (
    Going,
    KeptTable,
    Replacement,
    make_instead,
    replace_partitions,
    rows_to_go,
)
from recovery.kinds.tables.rules.outcomes import Proof
from recovery.kinds.tables.rules.tables import (
    TableStep,
    changed_since,
    holds_rows,
    is_table,
)
from recovery.kinds.work import Entries
from recovery.request import Request


class Publisher:
    """Publishes the tables of one recovery.

    Args:
        bigquery_target: The project that is recovered.
        recovery_id: Names the undo points and jobs.
        journal: Keeps what each table was before, for an undo.
    """

    def __init__(self, bigquery_target: BigQueryTarget, recovery_id: str, journal: Entries) -> None:
        self._target = bigquery_target
        self._recovery_id = recovery_id
        self._journal = journal
        self._properties = PropertySetter(bigquery_target)

    def publish(self, table: TableBackup, step: TableStep, request: Request, staged: str) -> str:
        """Put a staged table in its place.

        Args:
            table: The table in the manifest.
            step: What the plan says about it.
            request: What the operator asked for.
            staged: `dataset.table` of the proven staging table; unused where only properties are
                set.

        Returns:
            The full id of the undo point; empty where nothing was there to keep.

        Raises:
            RefusedError: The table holds rows that the plan did not know, is gone since the plan, or
                somebody set its properties since.
            PartialError: A table of another shape was deleted, and could not be created again.
            CloudError: BigQuery refused a call, or was unavailable.
        """
        live = self._target.resources.table(self._target.name(table.name))
        is_made = step.action in ("create", "replace")
        if live is None and not is_made:
            raise RefusedError(
                "it was there when the plan was made, and is not there now; nothing was written",
                subject=table.name,
                hint="make a new plan",
            )
        if live is not None and not is_made:
            _require_planned(table, step, live)
        present = {} if live is None else live.resource
        going = rows_to_go(self._target, table, step, request, present)
        self._journal.keep(FOLDER, former_name(step.kind, step.into), _former(live))
        undo = self._undo_point(table, live)
        if step.action == "replace partitions":
            # A shorter partition expiration than the table's own would delete partitions that come
            # back.
            self._properties.set(table)
            self._replace(table, "replace", staged, going)
        elif step.action in ("create", "fill", "replace"):
            self._write_whole(table, step, staged, going, kept=live)
        self._properties.set(table)
        return undo

    def prove(self, table: TableBackup, step: TableStep, request: Request) -> Proof:
        """Look at the published table and say what is not equal to the recovery point.

        Args:
            table: The table in the manifest.
            step: What the plan says about it.
            request: What the operator asked for.

        Raises:
            CloudError: The table could not be looked at or measured.
        """
        observed, whole_table = self._target.observe_table(table), table
        whole = step.action in ("create", "fill", "replace")
        if step.action == "create" and step.partitions:
            chosen = tuple(
                item for item in table.partitions if item.partition_id in step.partitions
            )
            table = table.model_copy(update={"partitions": chosen})
        findings = table_findings(
            table,
            observed,
            exact=whole or request.exact,
            only=() if whole else request.partitions,
        )
        known, present, gone = without_expired(whole_table, observed)
        return Proof(findings, expired_of(table, gone), extra_partitions(known, present))

    def undo_of(self, table: TableBackup) -> str:
        """Return the full id of the undo point of a table; empty where there is none."""
        name = self._undo_name(table)
        is_kept = self._target.resources.table(name) is not None
        return self._target.full_id(name) if is_kept else ""

    def _undo_name(self, table: TableBackup) -> str:
        return undo_name(self._target.settings.undo_dataset, self._recovery_id, table.name)

    def _undo_point(self, table: TableBackup, live: TableResource | None) -> str:
        """Keep what is there as a snapshot; return its full id, also one of an earlier try."""
        name = self._undo_name(table)
        if earlier := self.undo_of(table):
            return earlier
        if live is None or not (is_table(live.resource) and holds_rows(live.resource)):
            return ""
        # Made once: a later snapshot would hold what this recovery wrote.
        live_id = self._target.full_id(self._target.name(table.name))
        sql = statements.snapshot(self._target.full_id(name), live_id)
        self._target.jobs.query(
            self._job_id(table, "undo"),
            sql,
            subject=table.name,
            usable=lambda _: self._target.resources.table(name) is not None,
            needs=f"{COPIES_POLICIES}, on the dataset of undo points",
        )
        self._target.check_key(name, encryption_key(live.resource))
        return self._target.full_id(name)

    def _write_whole(
        self,
        table: TableBackup,
        step: TableStep,
        staged: str,
        going: Going,
        *,
        kept: TableResource | None,
    ) -> None:
        name = self._target.name(table.name)
        live = self._target.resources.table(name)
        if live is not None and shape_findings(table, live.resource):
            if step.action != "replace" or kept is None:
                raise RefusedError("a table of another shape appeared", subject=table.name)
            gone = KeptTable(name, kept, live, self.undo_of(table))
            shell = partial(self._create_shell, table)
            is_new = make_instead(self._target, gone, shell, subject=table.name)
        else:
            is_new = self._create_shell(table)
        if step.partitions:
            self._replace(table, "replace", staged, going)
            return
        self._copy(table, staged, is_new=is_new)

    def _create_shell(self, table: TableBackup) -> bool:
        """Create the empty table, and set its properties and policies before any row is in it.

        Returns:
            Whether this call made it; False where it was there, perhaps of a try whose answer was lost.
        """
        name = self._target.name(table.name)
        body = writable(table.resource)
        body["tableReference"] = table_reference(self._target.target.project, name)
        is_new = self._target.resources.create(tables_path(name), body, subject=table.name)
        self._properties.set(table)
        return is_new

    def _copy(self, table: TableBackup, staged: str, *, is_new: bool) -> None:
        """Copy the staging table into the empty live table, in one atomic job.

        The rows are appended, so that the table keeps its row access policies (BigQuery, Using
        row-level security with other features). The table was seen to be empty before.
        """
        name = self._target.name(table.name)
        look = self._target.observe_new if is_new else self._target.observe_table
        unexpired, observed, _ = without_expired(table, look(table))
        if observed.partitions == unexpired.fingerprints:
            return
        if observed.partitions:
            raise RefusedError(
                "somebody wrote rows to the table while it was recovered; they were left alone",
                subject=table.name,
                hint="pause the writers, then make a new plan with `--overwrite`",
            )
        incarnation = (observed.resource or {}).get("creationTime", "0")
        if len(unexpired.partitions) > statements.MOST_PARTITIONS:
            everything = Going(tuple(unexpired.fingerprints))
            self._replace(table, f"insert-{incarnation}", staged, everything)
            return
        config = bigquery.CopyJobConfig(
            create_disposition="CREATE_NEVER", write_disposition="WRITE_APPEND"
        )
        if key := encryption_key(table.resource):
            config.destination_encryption_configuration = bigquery.EncryptionConfiguration(key)
        reference = bigquery.TableReference.from_string
        self._target.jobs.run(
            self._job_id(table, f"copy-{incarnation}"),
            lambda job_id, _: self._target.jobs.client.copy_table(
                reference(self._target.full_id(staged)),
                reference(self._target.full_id(name)),
                job_id=job_id,
                location=self._target.location,
                job_config=config,
                retry=None,  # type: ignore[arg-type]  # None: no retry of Google's own
            ),
            subject=table.name,
            # A copy that failed can have written its rows: appending again would double them.
            achieved=lambda: bool(self._target.observe_table(table).partitions),
        )

    def _replace(
        self,
        table: TableBackup,
        what: str,
        staged: str,
        going: Going,
    ) -> None:
        """Replace partitions by staged ones in one transaction; everything else stays.

        Raises:
            RefusedError: They hold something else than what was looked at.
        """

        def is_done() -> bool:
            unexpired, observed, _ = without_expired(table, self._target.observe_table(table))
            present, wanted = observed.partitions, unexpired.fingerprints
            return present is not None and all(
                present.get(name) == wanted.get(name) for name in going.names
            )

        replacement = Replacement(
            into=self._target.name(table.name),
            source=self._target.full_id(staged),
            resource=table.resource,
            going=going,
            version=table.fingerprint_version,
        )
        try:
            replace_partitions(
                self._target,
                self._job_id(table, what),
                replacement,
                subject=table.name,
                usable=lambda _: is_done(),
            )
        except RefusedError:
            # A job that failed can have done it all the same.
            if not is_done():
                raise

    def _job_id(self, table: TableBackup, step: str) -> str:
        return f"rebound-{layout.work_id(self._recovery_id, table.name)}-{step}"


def undo_name(undo_dataset: str, recovery_id: str, table: str) -> str:
    """Return `dataset.table` of the undo point of a table of a recovery."""
    return f"{undo_dataset}.{layout.work_id(recovery_id, table)}"


def _require_planned(table: TableBackup, step: TableStep, live: TableResource) -> None:
    now = ObservedTable(resource=live.resource, row_access_policies=live.row_access_policies)
    if changed := changed_since(step, table, now):
        raise RefusedError(
            f"its {changed[0].aspect} was set since the plan was made; nothing was written",
            subject=table.name,
            hint="make a new plan",
        )


def _former(live: TableResource | None) -> Former:
    if live is None:
        return Former(resource=None)
    return Former(resource=live.resource, policies=live.row_access_policies)
