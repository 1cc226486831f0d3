"""Judges readiness by the platform's configuration: whether alerts reach people, and the model runs. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from manifests.catalog_operations import Model
from manifests.values import Resource
from recovery.health import Health, HealthFinding
from recovery.ops.facts import Facts, Unread
from recovery.units import age, counted, listed

POLICIES, CHANNELS, SERVICES = "alert policies", "channels", "services"
"""The names of the facts that are read."""

_ALERTS = "gcloud monitoring policies list"
_CHANNELS = "gcloud beta monitoring channels list"


def evidence(facts: Facts, model: Model, now: datetime) -> Iterator[HealthFinding]:
    """Yield one or more findings of each check; what could not be read is unknown.

    Args:
        facts: Alert policies, channels, services and schedules, each as its API lists it.
        model: What the catalog says of the model.
        now: The present instant.
    """
    channels = facts.get(CHANNELS, ())
    for check, name, rule in (
        ("alerting", POLICIES, lambda found: _alerting(found, channels)),
        ("instructions", POLICIES, _instructions),
        ("channels", CHANNELS, _channels),
        ("model service", SERVICES, lambda found: _services(found, model.services)),
        ("training", "schedules", lambda found: _training(found, model, now)),
        ("trained", "schedules", lambda found: _trained(found, model, now)),
    ):
        found = facts.get(name)
        if found is None or isinstance(found, Unread):
            why = "it was not read" if found is None else f"it could not be read: {found.why}"
            hint = "" if found is None else found.hint
            yield HealthFinding(check, "", Health.UNKNOWN, why, mend=hint)
        else:
            yield from rule(found)


def last_trained(jobs: Iterable[Resource], model: Model) -> datetime | None:
    """Return the last successful call of a schedule that trains the model; None where there is none."""
    called = [
        datetime.fromisoformat(job["lastAttemptTime"])
        for job in _named(jobs, model.training)
        if job.get("lastAttemptTime") and not job.get("status", {}).get("code")
    ]
    return max(called, default=None)


def _alerting(
    policies: Sequence[Resource], channels: Sequence[Resource] | Unread
) -> Iterator[HealthFinding]:
    """Judge whether each alert that is enabled reaches a channel that is enabled."""
    if isinstance(channels, Unread):
        what = f"which channels there are could not be read: {channels.why}"
        yield HealthFinding("alerting", "", Health.UNKNOWN, what, mend=channels.hint)
        return
    if untold := _untold("alerting", (*policies, *channels), _ALERTS):
        yield untold
        return
    reached = {it["name"] for it in channels if _on(it)}
    enabled = [it for it in policies if _on(it)]
    silent = [
        _called(it) for it in enabled if not reached & set(it.get("notificationChannels", ()))
    ]
    what = f"{len(enabled) - len(silent):,} of {counted(len(enabled), 'enabled alert')} reach a channel"
    mend = f"{_ALERTS}{_placed(policies)}"
    lacking = f", not: {listed(silent)}"
    yield _of_enabled("alerting", what, len(enabled), len(silent), lacking=lacking, mend=mend)


def _of_enabled(
    check: str, what: str, enabled: int, failing: int, *, lacking: str, mend: str
) -> HealthFinding:
    """Judge by how many of the enabled ones fail: none, some, or all; where none is enabled all do."""
    if failing == enabled:
        return HealthFinding(check, "", Health.CRITICAL, what, mend=mend)
    if failing:
        return HealthFinding(check, "", Health.WARNING, f"{what}{lacking}", mend=mend)
    return HealthFinding(check, "", Health.HEALTHY, what)


def _instructions(policies: Sequence[Resource]) -> Iterator[HealthFinding]:
    """Judge whether each enabled alert says what to do."""
    if untold := _untold("instructions", policies, _ALERTS):
        yield untold
        return
    enabled = [it for it in policies if _on(it)]
    mute = [_called(it) for it in enabled if not it.get("documentation", {}).get("content")]
    told = f", not: {listed(mute)}" if mute else ""
    what = (
        f"{len(enabled) - len(mute):,} of {counted(len(enabled), 'enabled alert')} say what to do"
    )
    health = Health.WARNING if mute else Health.HEALTHY
    if not enabled or len(mute) == len(enabled):
        health = Health.CRITICAL
    mend = "" if health is Health.HEALTHY else f"{_ALERTS}{_placed(policies)}"
    yield HealthFinding("instructions", "", health, f"{what}{told}", mend=mend)


def _channels(channels: Sequence[Resource]) -> Iterator[HealthFinding]:
    """Judge whether somebody is reached: by a channel that is enabled, and verified where that is asked for."""
    if untold := _untold("channels", channels, _CHANNELS):
        yield untold
        return
    mend = f"{_CHANNELS}{_placed(channels)}"
    enabled = [it for it in channels if _on(it)]
    unverified = [_called(it) for it in enabled if it.get("verificationStatus") == "UNVERIFIED"]
    what = f"{counted(len(enabled), 'channel')} enabled"
    lacking = f", not verified: {listed(unverified)}"
    yield _of_enabled("channels", what, len(enabled), len(unverified), lacking=lacking, mend=mend)


def _services(services: Sequence[Resource], names: Collection[str]) -> Iterator[HealthFinding]:
    """Judge whether each service of the model is ready, and its newest revision is what answers.

    Source: Cloud Run Admin API v2, Service: terminalCondition, latestReadyRevision, latestCreatedRevision.
    """
    if not names:
        yield _unnamed("model service", "services")
    known: Mapping[str, Resource] = {_short(it): it for it in services}
    for name in names:
        found = known.get(name, {})
        state = found.get("terminalCondition", {}).get("state", "MISSING" if not found else "")
        is_newest = found.get("latestReadyRevision") == found.get("latestCreatedRevision")
        mend = f"gcloud run services describe {name}{_placed([found], 'region')}"
        mend = mend if found else f"gcloud run services list{_placed(services)}"
        if state == "CONDITION_SUCCEEDED" and is_newest:
            what = "it is ready, with its newest revision"
            yield HealthFinding("model service", name, Health.HEALTHY, what)
        elif state == "CONDITION_SUCCEEDED":
            what = "its newest revision is not ready"
            yield HealthFinding("model service", name, Health.WARNING, what, mend=mend)
        else:
            what = f"its state is {state}" if state else "its state is not told"
            yield HealthFinding("model service", name, Health.CRITICAL, what, mend=mend)


def _training(jobs: Sequence[Resource], model: Model, now: datetime) -> Iterator[HealthFinding]:
    """Judge whether each schedule that trains calls, and was answered well."""
    del now
    if not model.training:
        yield _unnamed("training", "training")
    for name in model.training:
        found = _named(jobs, (name,))
        for job in found:
            state, code = job.get("state", "ENABLED"), job.get("status", {}).get("code")
            bad = state if state != "ENABLED" else f"answered with code {code}" if code else ""
            place = _placed([job], "location")
            mend = f"gcloud scheduler jobs describe {_short(job)}{place}" if bad else ""
            health = Health.CRITICAL if bad else Health.HEALTHY
            what = f"it is {bad}" if bad else "it is enabled, and no last call failed"
            yield HealthFinding("training", _short(job), health, what, mend=mend)
        if not found:
            yield HealthFinding("training", name, Health.CRITICAL, "there is no such schedule")


def _trained(jobs: Sequence[Resource], model: Model, now: datetime) -> Iterator[HealthFinding]:
    """Judge how long ago a schedule that trains was answered well."""
    at = last_trained(jobs, model)
    if at is None:
        what = "no schedule that trains was ever answered well"
        yield HealthFinding("trained", "", Health.UNKNOWN, what, mend="rebound ops workflows")
        return
    late = now - at > timedelta(days=model.trained_days)
    what = f"a schedule that trains was last answered well {age((now - at).total_seconds())} ago"
    mend = "rebound ops workflows" if late else ""
    yield HealthFinding("trained", "", Health.WARNING if late else Health.HEALTHY, what, mend=mend)


def _unnamed(check: str, field: str) -> HealthFinding:
    what = f"the catalog names none in `operations.model.{field}`"
    return HealthFinding(check, "", Health.UNKNOWN, what)


def _named(jobs: Iterable[Resource], names: Collection[str]) -> list[Resource]:
    return [job for job in jobs if any(fnmatchcase(_short(job), name) for name in names)]


def _short(item: Resource) -> str:
    return str(item["name"]).rpartition("/")[2]


def _called(item: Resource) -> str:
    return str(item.get("displayName") or _short(item))


def _on(item: Resource) -> bool:
    return bool(item.get("enabled"))


def _untold(check: str, items: Iterable[Resource], look: str) -> HealthFinding | None:
    """Return that it is unknown which are enabled, if any does not say so; else None.

    List and Get always say it, and where it is missing nothing should be concluded (Cloud Monitoring API
    v3, AlertPolicy: enabled).
    """
    found = [it for it in items if "enabled" not in it]
    if not found:
        return None
    what = f"whether it is enabled is not said of {listed([_called(it) for it in found])}"
    return HealthFinding(check, "", Health.UNKNOWN, what, mend=f"{look}{_placed(found)}")


def _placed(items: Iterable[Resource], place: str = "") -> str:
    """Return the flags of gcloud that say where the first of some resources is; empty where there is none.

    Args:
        items: Resources, as `projects/p/locations/l/services/s`.
        place: What gcloud calls the location, as `region`; empty where none is asked for.
    """
    for item in items:
        parts = str(item.get("name", "")).split("/")
        known = dict(zip(parts[::2], parts[1::2], strict=False))
        flags = ((place, known.get("locations", "")), ("project", known.get("projects", "")))
        return "".join(f" --{flag}={value}" for flag, value in flags if flag and value)
    return ""
