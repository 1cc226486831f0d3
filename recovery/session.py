"""One call of the command: its settings, and the clients that are made from them once."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from manifests import coverage
from manifests.catalog import Catalog, load_catalog
from manifests.cloud.clients import storage_api
from manifests.cloud.expiry import Expiry
from manifests.cloud.kept import KeptRecords
from manifests.cloud.objects import Bucket
from manifests.cloud.proofs import Proofs
from manifests.cloud.protection import Protections
from manifests.cloud.verdicts import Verdicts
from manifests.errors import ManifestAlteredError, RefusedError, UsageError
from manifests.layout import parse_run_id
from manifests.model.run import Manifest, Owner
from manifests.selection import Selection, select
from manifests.store.vault import Vault
from manifests.values import RunId
from recovery.actions import Actions, operators_seal
from recovery.compare.erased import LeftRows
from recovery.journal import Journal
from recovery.kinds.decision import Origin, Own
from recovery.kinds.known import rules_of
from recovery.kinds.work import Tools, Work, made_rest
from recovery.kinds.works import WORKS
from recovery.ledger import Ledger
from recovery.ledger_store import read_ledger
from recovery.plan.approval import seen_digest
from recovery.plan.estimate import takes
from recovery.plan.fallen import FallBack, pieced
from recovery.plan.model import Plan
from recovery.plan.not_held import with_not_held
from recovery.plan.own import check_own
from recovery.plan.restorable import check_project, restorable
from recovery.plan.whole import make_plan
from recovery.plan.words import check_plan
from recovery.pruning import Prune
from recovery.reach import Reach
from recovery.request import Request, Target
from recovery.scenarios import RecoveryKind
from recovery.settings import Settings
from recovery.triggers import Listeners
from recovery.units import meant
from recovery.verdicts import with_leaning
from recovery.waiting import WAITING


class Session:
    """Everything a command needs.

    Args:
        settings: The operator's settings.

    Raises:
        CloudError: Google Cloud cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        self.api = storage_api(settings.project)
        self.clock = self.api.clock
        self._opened = self.clock.passed()
        reach = Reach(self.clock)
        reach.require(self.api.endpoint)
        self.settings = settings
        self.catalog: Catalog = load_catalog(settings.catalog)
        self.vault_bucket = Bucket(self.api, settings.vault_bucket)
        self.landing = Bucket(self.api, settings.landing_bucket)
        self.seal = operators_seal(settings)
        self.verdicts = Verdicts(self.landing)
        records = KeptRecords(self.vault_bucket, self.landing, settings.project)
        self.proofs = Proofs(records, self.seal)
        place = settings.place
        self.owner = Owner(platform=self.catalog.platform, project=settings.project, place=place)
        whose = settings.trusted
        self.vault = Vault(self.vault_bucket, self.owner, clock=self.clock, trusted=whose)
        self.catalog.check_apart(settings.own_buckets, settings.working_datasets)
        # What is there already was written before, however coarse the time is that answers tell.
        self.started_at = self.clock.latest()
        self.own_id = uuid.uuid4().hex[:12]
        self.actions = Actions(
            records,
            identity=self.api.identity,
            project=settings.project,
            seal=self.seal,
            own_id=self.own_id,
            clock=self.clock,
        )
        self.tools = Tools(
            settings=settings,
            catalog=self.catalog,
            vault=self.vault_bucket,
            landing=self.landing,
            clock=self.clock,
            reach=reach,
            own_id=self.own_id,
            started_at=self.started_at,
            seal=self.seal,
            left=LeftRows(),
            listeners=Listeners(partial(made_rest, settings, reach)),
        )
        self._works: dict[tuple[RecoveryKind, Target], Work[Any]] = {}

    @cached_property
    def ledger(self) -> Ledger:
        """Return the keys that stay erased, as they are when they are asked for first."""
        return read_ledger(self.vault_bucket, self.landing, self.seal)

    def journal(self, recovery_id: str) -> Journal:
        """Return the journal of a recovery."""
        return Journal(self.landing, recovery_id, self.seal, self.catalog.objectives)

    def known(self, run: str) -> RunId:
        """Return the id of a run that an operator named.

        Raises:
            UsageError: It cannot be an id, or nothing is stored of such a run.
        """
        run_id = parse_run_id(run)
        if not self.vault.knows(run_id):
            hint = f"{meant(run_id, (it.run_id for it in self.vault.runs()))}`rebound list` shows the runs"
            raise UsageError("no such run", subject=run_id, hint=hint)
        return run_id

    def choose(self, *, run: str | None, at: datetime | None) -> tuple[Selection, Manifest]:
        """Choose the run to restore and read its manifest.

        A run that is named is the only one that is read: what is wrong with others is no obstacle.
        """
        WAITING.doing("reading the runs")
        run_id = None if run is None else self.known(run)
        runs = self.vault.runs() if run_id is None else (self.vault.summary(run_id),)
        found = select(runs, at=at, run_id=run_id)
        return found, self.vault.manifest(found.run_id)

    def work(self, kind: RecoveryKind, target: Target) -> Work[Any]:
        """Return what observes and recovers the things of a kind, made once for a target.

        Raises:
            CloudError: A service cannot be reached.
        """
        if (kind, target) not in self._works:
            self._works[kind, target] = WORKS[kind](self.tools, target)
        return self._works[kind, target]

    def pieced(self, manifest: Manifest, fallen_back: Sequence[FallBack]) -> Manifest:
        """Return a run's manifest in which each part that falls back is that of an older run of this platform.

        Raises:
            ManifestAlteredError: A run is another platform's, has another manifest than was read
                when it was chosen, or has not what falls back to it.
            ManifestUntrustedError: Nobody whose key is trusted signed it.
        """
        older = [(item, self.vault.manifest(item.run_id)) for item in fallen_back]
        for item, run in older:
            self.vault.require_trusted(item.run_id)
            if foreign := self.vault.foreign(run.platform, run.project):
                raise ManifestAlteredError(foreign, subject=item.run_id)
            if self.vault.digest(item.run_id) != item.manifest_digest:
                raise ManifestAlteredError(
                    "its manifest is not the one that the plan was made of", subject=item.run_id
                )
        return pieced(manifest, older)

    def origin(
        self, manifest: Manifest | None, request: Request, fallen_back: Sequence[FallBack] = ()
    ) -> Origin:
        """Return what a run brings back: nothing where the recovery takes nothing from a run."""
        erased = self.ledger.applied(with_unsigned=request.unsigned_erasures)
        if manifest is None:
            return Origin(erased=erased)
        points = {item.name: item.recovery_point for item in fallen_back}
        whole = Origin(self.pieced(manifest, fallen_back), points=points, erased=erased)
        return restorable(self.catalog, whole, request, now=self.clock())

    def plan(
        self,
        chosen: tuple[Selection, Manifest] | None,
        request: Request,
        fallen_back: tuple[FallBack, ...] = (),
    ) -> Plan:
        """Observe the world and decide what a recovery does.

        Args:
            chosen: The run that is restored; None where nothing comes from a run.
            request: What the operator asked for.
            fallen_back: What comes from an older run.

        Raises:
            RefusedError: The run is another project's, and nobody named the project it goes to.
        """
        selection, manifest = chosen or (None, None)
        if manifest is not None:
            check_project(manifest, request)
        origin = self.origin(manifest, request, fallen_back)
        world: dict[RecoveryKind, Any] = {}
        for kind in request.kinds:
            WAITING.doing(f"looking at {kind}")
            world[kind] = self.work(kind, request.target).observe(origin, request)
        made = make_plan(
            origin,
            world,
            request,
            passed_over=selection.unusable if selection else (),
            fallen_back=fallen_back,
        )
        if made.unseen and not made.followed:
            raise made.unseen[0].error
        told, agreed = self.ledger.told(request), self.catalog.objectives.get(request.scenario)
        made = made.model_copy(
            update={"seen": seen_digest(world), "erasures": told, "agreed": agreed}
        )
        if selection is None or manifest is None:
            return made
        made = with_not_held(made, self.catalog, origin.run)
        made = with_leaning(made, origin.run, self.verdicts.readable())
        return made.model_copy(
            update={
                "manifest_digest": self.vault.digest(manifest.run_id),
                "foreign": self.vault.foreign(manifest.platform, manifest.project),
                "trust": self.vault.trust(manifest.run_id),
                "left_out": coverage.unprotected(self.catalog, manifest, request.named),
                "takes": takes(
                    made, origin.run, self.proofs.readable(self.catalog.drills, now=self.started_at)
                ),
            }
        )

    def come_first(self, plan: Plan) -> dict[str, str]:
        """Do what a plan says has to be done before the rest can be planned."""
        manifest = self.vault.manifest(plan.run_id) if plan.run_id else None
        done: dict[str, str] = {}
        for rules in rules_of(plan.request.kinds):
            if steps := rules.of(plan.come_first):
                work = self.work(rules.kind, plan.request.target)
                done |= work.come_first(steps, Origin(manifest))
        return done

    def expiry(self) -> Expiry:
        """Return what decides about and deletes old runs."""
        return Expiry(
            self.vault_bucket,
            self.vault,
            self.landing,
            catalog=self.catalog,
            protections=Protections(self.api, self.vault_bucket.name),
            seal=self.seal,
        )

    def prune(self) -> Prune:
        """Return what finds and deletes contents that no run needs."""
        return Prune(
            self.vault_bucket,
            self.vault,
            self.landing,
            expiry=self.expiry(),
            partial_days=self.catalog.retention.partial_days,
            holder=self.own_id,
        )

    def refuse(
        self,
        plan: Plan,
        *,
        confirmed_projects: Collection[str],
        access: bool,
        untrusted: bool,
        others: Iterable[RefusedError] = (),
    ) -> None:
        """Refuse a plan that lacks a word, or writes where Rebound keeps what is its own.

        Args:
            plan: What is to happen.
            confirmed_projects: The projects that the operator named.
            access: Whether the operator allowed what changes about who may see what.
            untrusted: Whether the operator takes a run that nobody we trust signed.
            others: One for each word that is missing besides.

        Raises:
            RefusedError: The hint names every word.
        """
        check_own(plan, Own(self.settings.own_buckets, self.settings.working_datasets))
        check_plan(
            plan,
            protected=self.catalog.protected_projects,
            confirmed_projects=confirmed_projects,
            access=access,
            untrusted=untrusted,
            others=others,
        )

    def begun_at(self) -> datetime:
        """Return when this command began, to a tenth of a second: what is written later stays."""
        self.clock.settle()
        return self.clock.latest(self._opened)
