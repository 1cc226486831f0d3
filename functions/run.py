"""Makes one run: takes the lease, fixes the recovery point, backs up every part, writes the manifest last.

A call for a run that is complete does nothing and says so. A call for a run that was interrupted
continues it: what has a receipt is not exported again, and the recovery point stays.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import structlog

from functions.conclusion import concluded, require_whole
from functions.earlier import Base, EarlierRuns, emptied_datasets
from functions.exporter import Exporter, RunContext
from functions.exporters import EXPORTERS, parts_made
from functions.instant import (
    awaited_point,
    created,
    current_run,
    of_whole_datasets,
    perhaps_there,
    refuse_earlier,
    refuse_next,
    refuse_placed,
    told_since,
)
from functions.kit.writing import with_kit
from functions.lease import Lease, holding
from functions.own_files import OwnFiles
from functions.parts import complete_parts, every_part
from functions.second_place import put_configuration
from functions.settings import FunctionSettings
from manifests.catalog import Catalog
from manifests.cloud.bigquery import bigquery_client
from manifests.cloud.clients import storage_api
from manifests.cloud.jobs import Jobs
from manifests.cloud.objects import Bucket
from manifests.cloud.resources import Resources
from manifests.cloud.rest import Rest
from manifests.cloud.signer import KmsSigner
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.working import SCRATCH_DAYS, ready_dataset
from manifests.errors import (
    ManifestMissingError,
    ReboundError,
    RefusedError,
    UsageError,
)
from manifests.model.run import Manifest, Owner, Place, RunStart
from manifests.store.decoded import Started
from manifests.store.vault import Vault
from manifests.values import RunId, Value

_TIME_TRAVEL = timedelta(days=7)

log = structlog.get_logger()


class RunRequest(Value):
    """What the caller wants: which run, and for a manual run at which instant.

    Attributes:
        scheduled_at: The time of the schedule that named the run, so that another can take its
            place; None for a manual run.
    """

    run_id: RunId
    scheduled_at: datetime | None = None
    recovery_point: datetime | None = None
    force_full: bool = False


class Completed(NamedTuple):
    """A complete run.

    Attributes:
        by_this_call: Whether this call made it complete; an earlier one may have.
    """

    manifest: Manifest
    by_this_call: bool


class BackupRun:
    """Everything one call needs to make a run complete.

    Args:
        settings: Where the platform and its backups are.
        catalog: What must be protected.
        holder: A name for this process that no other process has.
    """

    def __init__(
        self,
        settings: FunctionSettings,
        catalog: Catalog,
        *,
        holder: str,
    ) -> None:
        api = storage_api(settings.project)
        client = bigquery_client(settings.project, catalog.location)
        catalog.check_apart(settings.own_buckets, (settings.scratch_dataset,))
        self._settings = settings
        self._catalog = catalog
        self._api = api
        self._holder = holder
        self._clock = api.clock
        self._landing = Bucket(api, settings.landing_bucket)
        self._owner = Owner(platform=catalog.platform, project=settings.project)
        self._vault = self._of_vault(Bucket(api, settings.vault_bucket))
        self._jobs = Jobs(client, catalog.location)
        self._resources = Resources(client, settings.project)

    def _of_vault(self, bucket: Bucket, place: Place = "") -> Vault:
        key = self._settings.signing_key
        return Vault(
            bucket,
            self._owner.model_copy(update={"place": place}),
            clock=self._clock,
            trusted=self._settings.trusted,
            sign=KmsSigner(Rest(self._settings.api_endpoint), key) if key else None,
        )

    def complete(self, request: RunRequest) -> Completed:
        """Make the run complete, from wherever it is.

        Raises:
            UsageError: The schedule's time has not come.
            RunInProgressError: Another process writes the run.
            RefusedError: A complete run has the name, and is another's or lacks something.
            ManifestUntrustedError: A manifest has the name that nobody we trust signed.
            PartialError: A part failed; nothing that is done is lost.
            ReboundError: The run could not go on.
        """
        if request.scheduled_at is not None:
            refuse_next(request.scheduled_at, now=self._clock())
            run_id = current_run(
                self._vault, request.run_id, since=request.scheduled_at, holder=self._holder
            )
            request = request.model_copy(update={"run_id": run_id})
            structlog.contextvars.bind_contextvars(run_id=run_id)
        if manifest := self._finished(request):
            return Completed(manifest, by_this_call=False)
        lease = Lease(
            self._landing,
            request.run_id,
            holder=self._holder,
            lease_seconds=self._settings.lease_seconds,
            clock=self._clock,
        )
        with holding(lease):
            # Between the first look and the lease another process may have finished the run.
            if manifest := self._finished(request):
                return Completed(manifest, by_this_call=False)
            return Completed(self._write(request, lease), by_this_call=True)

    def _finished(self, request: RunRequest) -> Manifest | None:
        run_id = request.run_id
        try:
            manifest = self._vault.manifest(run_id)
        except ManifestMissingError:
            return None
        self._vault.require_trusted(run_id)
        if foreign := self._vault.foreign(manifest.platform, manifest.project):
            raise RefusedError(f"a run of this name is complete, and {foreign}", subject=run_id)
        refuse_earlier(run_id, request.scheduled_at, manifest.recovery_point)
        if not self._vault.trust(run_id).is_signed:
            self._refuse_unborne(manifest, request.scheduled_at)
        return require_whole(manifest, self._catalog)

    def _refuse_unborne(self, manifest: Manifest, scheduled_at: datetime | None) -> None:
        """Refuse a manifest that nobody signed, and that the run's start does not bear out."""
        if (run := self._vault.borne_out(manifest)) is None:
            raise RefusedError(
                "a run of this name is complete, and its start record does not say so",
                subject=manifest.run_id,
                hint="find out who wrote it; a run with another id takes its place",
            )
        refuse_placed(run, scheduled_at)

    def _write(self, request: RunRequest, lease: Lease) -> Manifest:
        if self._catalog.dataset_ids:
            ready_dataset(
                self._resources,
                self._settings.scratch_dataset,
                location=self._catalog.location,
                table_days=SCRATCH_DAYS,
            )
        earlier = EarlierRuns(self._vault)
        run = self._start(request, earlier)
        start = run.start
        base = None if start.base_run_id is None else Base.of(self._vault, start.base_run_id)
        vault_bucket = Bucket(self._api, self._settings.vault_bucket, before_write=lease.check)
        vault = self._of_vault(vault_bucket)
        structlog.contextvars.bind_contextvars(attempt=vault.attempts(start.run_id) + 1)
        log.info(
            "run begins",
            recovery_point=start.recovery_point.isoformat(),
            base=start.base_run_id,
            signed=vault.seal.is_signing,
        )
        context = RunContext(
            start=start,
            start_generation=run.generation,
            catalog=self._catalog.listing((*start.tables, *start.perhaps)),
            settings=self._settings,
            holder=self._holder,
            clock=self._clock,
            jobs=self._jobs,
            resources=self._resources,
            api=self._api,
            landing=self._landing,
            vault=vault_bucket,
            files=OwnFiles(vault_bucket, run, vault.seal),
            damaged=Verdicts(self._landing).damaged(),
        )
        exporters = [exporter(context) for exporter in EXPORTERS]
        for exporter in exporters:
            exporter.prepare(base.manifest if base else None)
        parts = complete_parts(
            vault,
            run,
            every_part(exporters, base.part if base else lambda *_: None),
            lease,
            parallel=self._settings.parallel_tables,
            clock=self._clock,
            is_scheduled=request.scheduled_at is not None,
            missed=partial(
                emptied_datasets, self._catalog, earlier.manifest(at=start.recovery_point)
            ),
        )
        manifest = concluded(start, self._owner, exporters, parts, clock=self._clock)
        manifest = with_kit(manifest, vault_bucket)
        # Only who holds the lease now may publish: its renewal is the last thing before.
        manifest = manifest.model_copy(update={"lease_generation": lease.confirm()})
        if manifest.resources and (name := self._settings.second_bucket):
            second = Bucket(self._api, name, before_write=lease.check)
            put_configuration(manifest, self._of_vault(second, "configuration"))
        manifest = vault.put_manifest(manifest)
        _clean_up(exporters)
        # A signed manifest that lay there already is the run's, whichever process wrote it.
        return require_whole(manifest, self._catalog)

    def _start(self, request: RunRequest, earlier: EarlierRuns) -> Started:
        point, now = request.recovery_point, self._clock()
        if point is not None and (point > now or now - point > _TIME_TRAVEL):
            raise UsageError("a recovery point lies in the past 7 days", subject=point.isoformat())
        begun = self._vault.started(request.run_id)
        run = self._vault.start(begun.start if begun else self._new(request, earlier))
        start = run.start
        refuse_placed(run, request.scheduled_at)
        if foreign := self._vault.foreign(start.platform, self._owner.project):
            raise RefusedError(f"a run of this name was begun, and {foreign}", subject=start.run_id)
        refuse_earlier(start.run_id, request.scheduled_at, start.recovery_point)
        if request.recovery_point not in (None, start.recovery_point):
            raise UsageError(
                f"the run already has the recovery point {start.recovery_point:%Y-%m-%dT%H:%MZ}",
                subject=request.run_id,
                hint="name another run id",
            )
        return run

    def _new(self, request: RunRequest, earlier: EarlierRuns) -> RunStart:
        """Return how a run begins that nobody has begun, once its instant has come."""
        made = created(self._resources, self._catalog)
        recovery_point = request.recovery_point
        if recovery_point is None:
            others = parts_made(self._catalog, self._settings, self._api)
            recovery_point = awaited_point((*made.values(), *others), self._clock)
        now = self._clock()
        return RunStart(
            run_id=request.run_id,
            platform=self._catalog.platform,
            recovery_point=recovery_point,
            started_at=now,
            base_run_id=None if request.force_full else earlier.newest(),
            tables=of_whole_datasets(self._catalog, made, recovery_point),
            perhaps=perhaps_there(
                self._catalog,
                made,
                recovery_point,
                known=earlier.tables(recovery_point),
                told_since=told_since(self._resources, self._catalog, now),
            ),
        )


def _clean_up(exporters: Iterable[Exporter[Any, Any]]) -> None:
    # The manifest is written: the backup exists. What is left over expires by itself, so a
    # failure here is told and does not undo a complete run.
    for exporter in exporters:
        try:
            exporter.clean_up()
        except ReboundError:
            log.warning("left over copies were not removed", exc_info=True)
