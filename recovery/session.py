"""One call of the command: its clients, made once from the settings."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from manifests import coverage
from manifests.catalog import Catalog, load_catalog
from manifests.cloud.api import StorageApi
from manifests.cloud.clients import storage_client
from manifests.cloud.objects import Bucket
from manifests.cloud.protection import Protections
from manifests.cloud.verdicts import Verdicts
from manifests.cloud.versions import VersionedBucket
from manifests.errors import ManifestAlteredError, RefusedError, UsageError
from manifests.layout import parse_run_id
from manifests.model import BucketBackup, DatabaseBackup, Manifest, Owner, RunId, TableBackup
from manifests.selection import Selection, select
from manifests.store import Vault
from recovery.expiry import Expiry
from recovery.plan import (
    FallBack,
    Observed,
    Plan,
    Request,
    Target,
    check_plan,
    make_plan,
    pieced,
    seen_digest,
)
from recovery.plan.not_held import with_not_held
from recovery.plan.own import check_own
from recovery.plan.restorable import check_project, restorable
from recovery.reach import Reach
from recovery.settings import Settings
from recovery.targets.documents.observe import observe_databases
from recovery.targets.documents.rebuilding import Rebuilding
from recovery.targets.objects.buckets import BucketTargets
from recovery.targets.objects.contents import inspect_buckets, inspect_inventories
from recovery.targets.stored import inspect
from recovery.targets.tables.bigquery import BigQueryTarget
from recovery.targets.tables.datasets import undelete_dataset
from recovery.verdicts import with_leaning
from recovery.verify import Verdict


class Session:
    """Everything a command needs.

    Args:
        settings: The operator's settings.

    Raises:
        CloudError: Google Cloud cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        client, self.clock = storage_client(settings.project)
        self._opened = self.clock.passed()
        self._reach = Reach(self.clock)
        self._reach.require(client.api_endpoint)
        self.settings = settings
        self.catalog: Catalog = load_catalog(settings.catalog)
        self.vault_bucket = Bucket(client, settings.vault_bucket)
        self.landing = Bucket(client, settings.landing_bucket)
        self.verdicts = Verdicts(self.landing)
        self.owner = Owner(platform=self.catalog.platform, project=settings.project)
        self.vault = Vault(self.vault_bucket, self.owner, clock=self.clock)
        self._api = StorageApi(client)
        self._contents = VersionedBucket(self._api, settings.vault_bucket)
        self._own_buckets = (settings.vault_bucket, settings.landing_bucket)
        self.catalog.check_apart(self._own_buckets, settings.working_datasets)
        # What is there already was written before, however coarse the time is that answers tell.
        self.started_at = self.clock.latest()
        self.own_id = uuid.uuid4().hex[:12]
        self._undeleted: dict[str, bool] = {}

    def known(self, run: str) -> RunId:
        """Return the id of a run that an operator named.

        Raises:
            UsageError: It cannot be an id, or nothing is stored of such a run.
        """
        run_id = parse_run_id(run)
        if not self.vault.knows(run_id):
            raise UsageError("no such run", subject=run_id, hint="`rebound list` shows the runs")
        return run_id

    def choose(self, *, run: str | None, at: datetime | None) -> tuple[Selection, Manifest]:
        """Choose the run to restore and read its manifest.

        A run that is named is the only one that is read: what is wrong with others is no obstacle.
        """
        run_id = None if run is None else self.known(run)
        runs = self.vault.runs() if run_id is None else (self.vault.summary(run_id),)
        selection = select(runs, at=at, run_id=run_id)
        return selection, self.vault.manifest(selection.run_id)

    def target(self, where: Target) -> BigQueryTarget:
        """Return the project a recovery observes and writes.

        Raises:
            CloudError: BigQuery cannot be reached.
        """
        made = BigQueryTarget(
            self.settings,
            where,
            location=self.catalog.location,
            session=uuid.uuid4().hex[:12],
            clock=self.clock,
        )
        self._reach.require(made.endpoint)
        return made

    def buckets(self, where: Target, fallen_back: Sequence[FallBack] = ()) -> BucketTargets:
        """Return the buckets a recovery observes and writes."""
        client, _ = storage_client(where.project)
        points = {item.name: item.recovery_point for item in fallen_back}
        return BucketTargets(self.settings, client, self.vault_bucket, points)

    def pieced(self, manifest: Manifest, fallen_back: Sequence[FallBack]) -> Manifest:
        """Return a run's manifest with what falls back as older runs of this platform have it.

        Raises:
            ManifestAlteredError: A run is another platform's, has another manifest than was read
                when it was chosen, or has not what falls back to it.
        """
        older = [(item, self.vault.manifest(item.run_id)) for item in fallen_back]
        for item, run in older:
            if foreign := self.vault.foreign(run.platform, run.project):
                raise ManifestAlteredError(foreign, subject=item.run_id)
            if self.vault.digest(item.run_id) != item.manifest_digest:
                raise ManifestAlteredError(
                    "its manifest is not the one that the plan was made of", subject=item.run_id
                )
        return pieced(manifest, older)

    def plan(
        self,
        selection: Selection,
        manifest: Manifest,
        request: Request,
        fallen_back: tuple[FallBack, ...] = (),
    ) -> Plan:
        """Observe the world and decide what a recovery does.

        Raises:
            RefusedError: The run is another project's, and nobody named the project it goes to.
        """
        check_project(manifest, request)
        left_out = coverage.unprotected(self.catalog, manifest)
        manifest = self.pieced(manifest, fallen_back)
        manifest, expired = restorable(self.catalog, manifest, request, now=self.clock())
        observed = (
            self.target(request.target).observe(manifest, request)
            if request.covers("tables")
            else Observed(datasets={}, tables={}, definitions={}, observed_at=self.started_at)
        )
        databases, unread = observe_databases(
            manifest, request, vault=self.vault_bucket, parallel=self.settings.parallel_streams
        )
        targets = self.buckets(request.target, fallen_back)
        buckets, unlisted = targets.observe(manifest, request, self.clock())
        observed = observed.model_copy(
            update={
                "databases": databases,
                "buckets": buckets,
                "present_buckets": targets.present(manifest, buckets, request.target),
                "undeleted": self._undeleted,
                "unseen": (*observed.unseen, *unlisted, *unread),
            }
        )
        made = make_plan(
            manifest, observed, request, passed_over=selection.unusable, fallen_back=fallen_back
        )
        made = with_not_held(made, self.catalog, manifest)
        made = with_leaning(made, manifest, self.verdicts.readable())
        if made.unseen and not (made.tables or made.buckets or made.databases):
            raise made.unseen[0].error
        return made.model_copy(
            update={
                "manifest_digest": self.vault.digest(manifest.run_id),
                "seen": seen_digest(observed),
                "foreign": selection.foreign,
                "left_out": left_out,
                "expired": tuple(item for item in expired if item.name in made.written),
            }
        )

    def undelete(self, plan: Plan) -> dict[str, bool]:
        """Undelete the datasets of a plan; one that does not come back is created by the next."""
        manifest = self.vault.manifest(plan.run_id) if plan.run_id else None
        target = self.target(plan.request.target)
        done = {
            item.dataset_id: undelete_dataset(target, item)
            for item in (manifest.datasets if manifest else ())
            if item.dataset_id in plan.undeletes
        }
        self._undeleted |= done
        return done

    def rebuilding(self) -> Rebuilding:
        """Return what rebuilds state without any run."""
        return Rebuilding(self.settings, self.catalog, session=self.own_id, clock=self.clock.latest)

    def plan_rebuild(self, request: Request) -> Plan:
        """Read the history and decide what is rebuilt from it."""
        self.target(request.target)  # refuses where BigQuery, which has it, cannot be reached
        return self.rebuilding().plan(request, now=self.started_at)

    def inspect(
        self,
        manifest: Manifest,
        parts: Sequence[TableBackup | DatabaseBackup],
        *,
        read_bytes: bool,
        progress: Callable[[int], None],
    ) -> Verdict:
        """Compare stored objects of some tables and databases with a run's manifest."""
        return inspect(self.vault_bucket, manifest, parts, read_bytes=read_bytes, progress=progress)

    def inspect_inventory(self, bucket: BucketBackup) -> Verdict:
        """Read the inventory of a bucket and compare it with what its manifest says."""
        return inspect_inventories(self.vault_bucket, bucket)

    def inspect_buckets(
        self,
        manifest: Manifest,
        *,
        read_bytes: bool,
        read_all: bool,
        progress: Callable[[int], None],
    ) -> Verdict:
        """Compare the inventories and contents of a run's buckets with its manifest."""
        return inspect_buckets(
            self.vault_bucket,
            self._contents,
            manifest.buckets,
            read_bytes=read_bytes,
            read_all=read_all,
            suspect={name for item in self.verdicts.readable() for name in item.damaged},
            progress=progress,
        )

    def expiry(self) -> Expiry:
        """Return what decides about and deletes old runs."""
        return Expiry(
            self.vault_bucket,
            self.vault,
            self._contents,
            self.landing,
            policy=self.catalog.retention,
            protections=Protections(self._api, self.vault_bucket.name),
            holder=self.own_id,
        )

    def refuse(
        self,
        plan: Plan,
        *,
        confirmed_project: str | None,
        access: bool,
        others: Iterable[RefusedError] = (),
    ) -> None:
        """Refuse a plan that lacks a word, or writes where Rebound keeps what is its own.

        Args:
            plan: What is to happen.
            confirmed_project: The project that the operator named.
            access: Whether the operator allowed what changes about who may see what.
            others: One for each word that is missing besides.

        Raises:
            RefusedError: The hint names every word.
        """
        check_own(
            plan,
            buckets=self._own_buckets,
            datasets=(self.settings.scratch_dataset, self.settings.undo_dataset),
        )
        check_plan(
            plan,
            protected=self.catalog.protected_projects,
            confirmed_project=confirmed_project,
            access=access,
            others=others,
        )

    def begun_at(self) -> datetime:
        """Return when this command began, to a tenth of a second.

        What is written later is never replaced: what was there before must not seem to be.
        """
        self.clock.settle()
        return self.clock.latest(self._opened)
