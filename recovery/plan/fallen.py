"""What comes from an older run, because a file of the chosen one is damaged. Pure."""

from collections.abc import Iterable

from manifests.errors import ManifestAlteredError
from manifests.kind import Backup
from manifests.model.run import Manifest
from manifests.parts import KindName, part_kind
from manifests.values import RunId, UtcTime, Value


class FallBack(Value):
    """A table, bucket or database, and the newest older run in which it is whole.

    Attributes:
        recovery_point: That of the older run.
        manifest_digest: Of the older run's manifest, from which alone it is carried out.
    """

    kind: KindName
    name: str
    run_id: RunId
    recovery_point: UtcTime
    manifest_digest: str


def written_between(fallen_back: Iterable[FallBack], recovery_point: UtcTime) -> tuple[str, ...]:
    """Say what falling back costs: what was written until the recovery point of the rest.

    Args:
        fallen_back: What falls back.
        recovery_point: That of the chosen run.
    """
    return tuple(
        f"what was written to {item.name} from {item.recovery_point:%Y-%m-%dT%H:%MZ} until "
        f"{recovery_point:%Y-%m-%dT%H:%MZ}"
        for item in fallen_back
    )


def pieced(manifest: Manifest, older: Iterable[tuple[FallBack, Manifest]]) -> Manifest:
    """Return a run's manifest with some of its parts as older runs have them.

    Args:
        manifest: The run's manifest.
        older: What falls back, each with the manifest of its run.

    Raises:
        ManifestAlteredError: A run has no such part, another recovery point, or is newer.
    """
    parts: dict[tuple[KindName, str], Backup] = {}
    for item, run in older:
        part = run.part(part_kind(item.kind), item.name)
        if (
            part is None
            or run.recovery_point != item.recovery_point
            or run.recovery_point > manifest.recovery_point
        ):
            raise ManifestAlteredError(
                f"the run is not what the plan says of {item.name}", subject=item.run_id
            )
        parts[item.kind, item.name] = part
    return manifest.each(lambda kind, part: parts.get((kind.name, part.name), part))
