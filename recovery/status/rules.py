"""Judges how a part stands by what is known of it. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from manifests.catalog_drills import DrillRule
from manifests.catalog_objectives import Objective, ScenarioName
from manifests.model.proof import ProofRecord
from manifests.parts import part_kind
from manifests.selection import FIRST_BACKUP
from recovery.health import Health, worst
from recovery.scenarios import SCENARIOS, RecoveryKind, Scenario, objective_of
from recovery.status.model import (
    PartFacts,
    PartName,
    PartStatus,
    Point,
    Proven,
    ScenarioStatus,
    Shown,
)
from recovery.units import age, counted, duration, listed

_VERY_LATE = 2
"""So many times as old as its objective a recovery point is as good as none."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a drill is due of what was never shown to restore."""

type _Judged = tuple[Health, str, str]


def scenario_of(kind: RecoveryKind) -> Scenario:
    """Return the scenario that brings parts of a kind back, and as little else as there is."""
    covering = [item for item in SCENARIOS if kind in item.covers]
    return min(covering, key=lambda item: len(item.covers))


def shown_of(part: PartName, proofs: Iterable[ProofRecord], *, whole: bool) -> Shown | None:
    """Return the newest proof of a part, of all of it or of some of it."""
    found = [
        Shown(proof, item)
        for proof in proofs
        for item in proof.parts
        if (item.kind, item.name) == part and (item.is_whole or not whole)
    ]
    return max(found, key=lambda item: item.proof.proven_at, default=None)


def scenario_statuses(
    parts: Sequence[PartName],
    proofs: Iterable[ProofRecord],
    rule: DrillRule,
    *,
    runs_again: bool = False,
) -> Iterator[ScenarioStatus]:
    """Yield how much of each scenario one recovery or drill has shown to restore together: the one that did most.

    Parts that came back one by one, weeks apart, show nothing of the order in which all have to.

    Args:
        parts: Every protected part.
        proofs: What was shown to restore, without what is forgotten.
        rule: How often that is asked for.
        runs_again: Whether the catalog names what is run again, which no drill shows.
    """
    known = [proof for proof in proofs if proof.how != "sample"]
    for item in SCENARIOS:
        wanted = {part for part in parts if part.kind in item.covers}
        together: dict[str, list[ProofRecord]] = {}
        for proof in known:
            if item.name == proof.drilled:
                together.setdefault(proof.drill_id, []).append(proof)
            elif item.name == proof.scenario:
                together.setdefault(proof.recovery_id, []).append(proof)
        if wanted:
            shown = [_scenario(item, wanted, by, found) for by, found in together.items()]
            nothing = ScenarioStatus(scenario=item.name, of=len(wanted))
            best = max(shown, key=lambda it: (it.parts, it.proven_at), default=nothing)
            due_at = NEVER if best.proven_at is None else rule.due_after(best.proven_at)
            yield best.model_copy(update={"drill_due_at": due_at})
        elif item.why_not_drilled and runs_again:
            yield ScenarioStatus(scenario=item.name, of=0, not_drilled=item.why_not_drilled)


def _scenario(
    item: Scenario, wanted: Collection[PartName], by: str, proofs: Sequence[ProofRecord]
) -> ScenarioStatus:
    found = [part for proof in proofs for part in proof.parts]
    whole = {PartName(part.kind, part.name) for part in found if part.is_whole}
    return ScenarioStatus(
        scenario=item.name,
        proven_point=min(part.recovery_point for part in found),
        proven_at=max(proof.proven_at for proof in proofs),
        how=proofs[0].how,
        by=by,
        parts=len(whole.intersection(wanted)),
        of=len(wanted),
    )


def part_status(
    facts: PartFacts,
    rule: DrillRule,
    agreed: Mapping[ScenarioName, Objective] | None = None,
    *,
    now: datetime,
) -> PartStatus:
    """Judge one part: its recovery point, what was shown of it, and how long it would take."""
    wanted, newest = scenario_of(facts.part.kind), facts.newest
    objective = objective_of(wanted.name, agreed or {})
    shown = facts.whole or facts.some
    not_shown = _accepted(facts, rule, now)
    estimated = _estimated_seconds(newest, facts.whole)
    judged = [
        *_point(facts, objective, now),
        *(() if not_shown else _proof(facts, rule, wanted, now)),
        *_time(estimated, wanted, objective),
    ]
    health = worst([Health.HEALTHY, *(item for item, _, _ in judged)])
    told = [item for item in judged if item[0] is health]
    return PartStatus(
        label=facts.label,
        scenario=wanted.name,
        run_id=newest.run_id if newest else None,
        recovery_point=newest.recovery_point if newest else None,
        proven_point=shown.part.recovery_point if shown else None,
        proven_at=shown.proof.proven_at if shown else None,
        how=shown.proof.how if shown else None,
        recovery_id=shown.proof.recovery_id if shown else "",
        rpo_seconds=objective.rpo_seconds,
        rto_seconds=objective.rto_seconds,
        estimated_seconds=estimated,
        drill_due_at=_drill_due_at(facts, rule),
        health=health,
        proven=_proven(facts),
        not_shown=not_shown,
        what="; ".join(what for _, what, _ in told),
        mend=told[0][2] if told else "",
    )


def _proven(facts: PartFacts) -> Proven:
    if facts.whole is not None:
        return "all"
    is_empty = facts.newest is not None and not facts.newest.things
    if is_empty and not part_kind(facts.part.kind).is_restored_empty:
        return "nothing held"
    return "none" if facts.some is None else "some"


def _drill_due_at(facts: PartFacts, rule: DrillRule) -> datetime | None:
    """Return when a drill has to show a part again; None where none is asked for."""
    kind = part_kind(facts.part.kind)
    if facts.newest is None or kind.why_not_drilled(facts.part.name):
        return None
    if facts.whole is None:
        return NEVER if facts.newest.things or kind.is_restored_empty else None
    return rule.due_after(facts.whole.proof.proven_at)


def _accepted(facts: PartFacts, rule: DrillRule, now: datetime) -> str:
    """Return why no drill can show a part, and whose decision lives with that; empty for none.

    Where a recovery has shown it, and not long ago, or there is nothing to show, nothing was to be decided;
    and nobody decided to live with one that brought back only some of it.
    """
    why = part_kind(facts.part.kind).why_not_drilled(facts.part.name)
    decision = rule.accepts(facts.label, now.date())
    is_shown = facts.whole is not None and rule.due_after(facts.whole.proof.proven_at) > now
    is_empty = facts.newest is not None and not facts.newest.things
    is_partial = facts.whole is None and facts.some is not None
    is_decided = why and decision and not (is_shown or is_empty or is_partial)
    return f"{why}; {decision.told}" if decision and is_decided else ""


def _point(facts: PartFacts, objective: Objective, now: datetime) -> Iterator[_Judged]:
    if facts.newest is None:
        worse = Health.CRITICAL if facts.is_required else Health.WARNING
        if facts.has_runs:
            yield worse, "no run of those that were read holds it", "`rebound list` shows every run"
        else:
            yield worse, "the vault holds no run", FIRST_BACKUP
        return
    if facts.newest.is_leaning:
        yield (
            Health.CRITICAL,
            f"it leans on a damaged file of run {facts.newest.run_id}",
            f"`rebound verify {facts.newest.run_id}` lists it",
        )
    old_seconds = (now - facts.newest.recovery_point).total_seconds()
    if old_seconds > objective.rpo_seconds:
        late = (
            Health.CRITICAL if old_seconds > _VERY_LATE * objective.rpo_seconds else Health.WARNING
        )
        may_be = duration(objective.rpo_seconds)
        yield (
            late,
            f"its recovery point is {age(old_seconds)} old, the objective is {may_be}",
            "`rebound list` shows why no newer run could be used",
        )


def _proof(facts: PartFacts, rule: DrillRule, wanted: Scenario, now: datetime) -> Iterator[_Judged]:
    mend = f"`rebound drill {wanted.name} --project SANDBOX` shows that it restores"
    if why := part_kind(facts.part.kind).why_not_drilled(facts.part.name):
        mend = f"no drill restores it: `rebound recover {wanted.name} --into-project SANDBOX --into-bucket-prefix SANDBOX-` shows that it restores"
    mend = mend if facts.has_runs else FIRST_BACKUP
    if facts.whole is None:
        is_empty = facts.newest is not None and not facts.newest.things
        if is_empty and not part_kind(facts.part.kind).is_restored_empty:
            return
        if facts.some is None:
            what = f"it was not shown to restore within {rule.proof_days} d"
            ended = rule.decided(facts.label)
            lapsed = f"; {ended.told} does not hold" if ended else ""
            unshown = f"{what}, and no drill can show it: {why}{lapsed}"
            health = Health(rule.not_drilled) if why else Health.UNKNOWN
            yield health, unshown if why else what, mend
        else:
            of = f"{facts.some.part.restored:,} of {facts.some.part.held:,}"
            yield Health.WARNING, f"only {of} in it were shown to restore", mend
        return
    since = now - facts.whole.proof.proven_at
    if since > timedelta(days=rule.every_days):
        what = f"it was last shown to restore {age(since.total_seconds())} ago"
        yield Health.WARNING, what, mend


def _time(
    estimated_seconds: float | None, wanted: Scenario, objective: Objective
) -> Iterator[_Judged]:
    if estimated_seconds is not None and estimated_seconds > objective.rto_seconds:
        takes, may = duration(estimated_seconds), duration(objective.rto_seconds)
        what = f"bringing it back takes about {takes}, the objective is {may}"
        yield Health.WARNING, what, f"`rebound plan {wanted.name}` shows what it takes"


def _estimated_seconds(newest: Point | None, shown: Shown | None) -> float | None:
    """Return how long the recovery took that last proved a part, and longer as it grew since."""
    if newest is None or shown is None:
        return None
    growth = newest.size_bytes / shown.part.size_bytes if shown.part.size_bytes else 1.0
    return shown.proof.seconds * max(1.0, growth)


def answer_of(parts: Sequence[PartStatus], *, now: datetime) -> str:
    """Say in a sentence whether everything could be recovered now."""
    by_health = {
        health: [item.label for item in parts if item.health is health] for health in Health
    }
    everything = counted(len(parts), "part")
    if not parts:
        return "Nobody knows: nothing is protected."
    if bad := by_health[Health.CRITICAL]:
        return f"No: {len(bad)} of {everything} cannot come back as they should: {listed(bad)}."
    if unknown := by_health[Health.UNKNOWN]:
        return (
            f"Nobody knows: {len(unknown)} of {everything} were not shown to restore: "
            f"{listed(unknown)}."
        )
    points = [item.recovery_point for item in parts if item.recovery_point]
    if not points:
        return f"No: no run holds any of {everything}."
    lost = age((now - min(points)).total_seconds())
    return _of_proofs(parts, f"of {everything} the oldest recovery point is of {lost} ago", now)


def _of_proofs(parts: Sequence[PartStatus], held: str, now: datetime) -> str:
    """Say how old the proof of what is held is, and what needs attention; without any proof nobody knows."""
    warned = [item.label for item in parts if item.health is Health.WARNING]
    also = f" {len(warned)} of them need attention: {listed(warned)}." if warned else ""
    if never := [
        item.label for item in parts if item.health is Health.WARNING and not item.proven_at
    ]:
        also += f" {len(never)} were not shown to restore: {listed(never)}."
    if accepted := [item.label for item in parts if item.not_shown]:
        also += f" {len(accepted)} are shown by no drill, by decision: {listed(accepted)}."
    proofs = [item.proven_at for item in parts if item.proven_at]
    if not proofs:
        return f"Nobody knows: {held}, and nothing was shown to restore.{also}"
    since = age((now - min(proofs)).total_seconds())
    return f"Yes: {held}, and the oldest proof that one restores of {since} ago.{also}"
