"""Reads what the gauges are computed from."""

from datetime import datetime, timedelta

from manifests import fence_layout
from manifests.catalog import Catalog
from manifests.cloud.kept import KeptRecords
from manifests.cloud.objects import Bucket
from manifests.cloud.proofs import Proofs
from manifests.cloud.verdicts import Verdicts
from manifests.errors import BackupDamagedError
from manifests.gauges import COMPARED, Added, Watched, WatchedRun
from manifests.history import EXPIRY_NAME
from manifests.model.run import Manifest
from manifests.protected import to_be_shown
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from manifests.values import RunId
from manifests.verified_layout import SHARES_PREFIX, verified_nights

_REMEMBERED = timedelta(days=400)


def watched(
    catalog: Catalog,
    vault: Bucket,
    landing: Bucket,
    documents: Vault,
    *,
    seal: Seal,
    now: datetime,
) -> Watched:
    """Read what the gauges are computed from: listings, manifests and small records, no content of a run.

    Args:
        catalog: What is protected.
        vault: The bucket with the backups.
        landing: The bucket with journals, verdicts and fences.
        documents: The runs in the vault.
        seal: Tells which proofs are believed.
        now: The present instant.
    """
    records = KeptRecords(vault, landing, documents.owner.project)
    files = size_bytes = last = before = 0
    for item in vault.list_dated(""):
        files += 1
        size_bytes += item.size_bytes
        weeks = (now - item.written_at) // COMPARED
        last += item.size_bytes if weeks <= 0 else 0
        before += item.size_bytes if weeks == 1 else 0
    shares = ((item.name, item.written_at) for item in landing.list_dated(SHARES_PREFIX))
    complete, others, newest = _runs(documents)
    proofs = tuple(Proofs(records, seal).since(now - _REMEMBERED, now=now))
    return Watched(
        complete=sorted(complete),
        proofs=proofs,
        verified=verified_nights(shares, now=now),
        damaged=len(Verdicts(landing).damaged()),
        fenced=_standing(landing, vault),
        files=files,
        size_bytes=size_bytes,
        others=others,
        owed=to_be_shown(catalog, newest, proofs, now=now),
        looked=tuple(item.written_at for item in landing.list_dated(EXPIRY_NAME)),
        added=Added(last, before),
    )


def _runs(documents: Vault) -> tuple[list[WatchedRun], list[RunId], Manifest | None]:
    """Return the complete runs of this platform, which others there are, and the newest manifest."""
    newest: Manifest | None = None
    complete: list[WatchedRun] = []
    others: list[RunId] = []
    for run_id in documents.run_ids():
        try:
            manifest = documents.manifest(run_id)
            documents.require_trusted(run_id)
        except BackupDamagedError:  # there is no manifest, or none that is believed
            others.append(run_id)
            continue
        if documents.foreign(manifest.platform, manifest.project):
            others.append(run_id)
        else:
            complete.append(WatchedRun.of(manifest))
            if newest is None or newest.recovery_point < manifest.recovery_point:
                newest = manifest
    return complete, others, newest


def _standing(landing: Bucket, vault: Bucket) -> tuple[datetime, ...]:
    """Return since when each fence stands: it has ended only where each bucket that has it says so."""
    standing: set[str] = set()
    for bucket in (landing, vault):
        names = {item.name for item in bucket.list_dated(fence_layout.FENCES_PREFIX)}
        fences = {fence for name in names if (fence := fence_layout.fence_of(name))}
        standing |= {it for it in fences if fence_layout.thawed_name(it) not in names}
    return tuple(filter(None, map(fence_layout.fenced_at, sorted(standing))))
