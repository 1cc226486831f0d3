"""Whether a run has what the operator asked for. Pure."""

from collections.abc import Collection

from manifests.errors import NoRecoveryPointError, UsageError
from manifests.model.run import Manifest
from recovery.kinds.known import RULES, rules_of
from recovery.request import Request
from recovery.units import meant


def check_covered(manifest: Manifest, request: Request) -> None:
    """Refuse a run without any part of what was lost: recovering nothing would look like success."""
    covered = [rules for rules in rules_of(request.kinds) if rules.from_run]
    if covered and not any(rules.parts(manifest) for rules in covered):
        raise NoRecoveryPointError(
            f"the run holds no {' and no '.join(rules.kind for rules in covered)}",
            subject=manifest.run_id,
            hint="an older one may, see `rebound list`: `--run` takes it; what the catalog names "
            "anew is protected from the next run on",
        )


def check_names(manifest: Manifest, request: Request, *, protected: Collection[str] = ()) -> None:
    """Refuse what the run does not hold: leaving it out would look like success.

    What the catalog protects and the run does not hold can be excluded: that is then not asked for.
    """
    covered = rules_of(request.kinds)
    unknown = [name for rules in covered for name in rules.not_in_run(manifest, request)]
    names = {"*", *(name for rules in RULES for name in rules.names(manifest, request))}
    unknown += [name for name in request.overwrite if name not in names]
    unknown += [name for name in request.exclude if name not in names.union(protected)]
    if unknown:
        raise UsageError(
            f"not in the run: {', '.join(unknown)}",
            subject=manifest.run_id,
            hint=f"{meant(unknown[0], names)}`rebound show {manifest.run_id}` lists what it holds",
        )
    if request.exclude and all(rules.leaves_nothing(manifest, request) for rules in covered):
        raise UsageError("`--exclude` leaves nothing to recover", subject=manifest.run_id)
