"""What listens now to what a recovery writes: triggers and log sinks, which no run has to know. Pure."""

from collections.abc import Mapping

from manifests.values import Resource, Value

UNASKED = (
    "not asked: log sinks of folders and organizations, Eventarc Advanced, and continuous queries"
)
"""What may listen to BigQuery besides (Cloud Logging, Aggregated sinks; Eventarc, Overview; BigQuery,
Continuous queries): a sink of an organization is no part of a project's list."""
_AUDITED = "google.cloud.audit.log.v1.written"


class Listening(Value):
    """What is told of what is written to one database or bucket, or to BigQuery.

    Attributes:
        names: The triggers, and for BigQuery the log sinks.
        is_enabled: Whether the project has Eventarc enabled: without it no trigger is there.
        unasked: Why that could not be asked for; empty where it was.
    """

    names: tuple[str, ...] = ()
    is_enabled: bool = True
    unasked: str = ""

    @property
    def is_told(self) -> bool:
        """Whether something listens, or nobody knows."""
        return bool(self.names or self.unasked)

    @property
    def text(self) -> str:
        """Say what listens, or that nobody knows."""
        if self.unasked:
            return f"UNKNOWN which triggers of Eventarc: {self.unasked}"
        if not self.is_enabled:
            return "no trigger of Eventarc, which is not enabled"
        return ", ".join(self.names) or "no trigger of Eventarc"


def without_causes(dumped: object) -> object:
    """Return plain values without why nobody could be asked: that text differs each time.

    Args:
        dumped: Of any model that holds a `Listening`.
    """
    if isinstance(dumped, Mapping):
        return {
            key: bool(value) if key == "unasked" else without_causes(value)
            for key, value in dumped.items()
        }
    return [without_causes(item) for item in dumped] if isinstance(dumped, list) else dumped


class Triggers(Value):
    """The triggers of one project.

    Attributes:
        found: As Eventarc tells of them.
        is_enabled: As of `Listening`.
        unasked: Likewise.
    """

    found: tuple[Resource, ...] = ()
    is_enabled: bool = True
    unasked: str = ""

    def of(self, service: str, attribute: str, value: str) -> Listening:
        """Return what listens to one database or bucket.

        Args:
            service: `firestore` or `storage`.
            attribute: The attribute of its events that names it.
            value: Its name.
        """
        found = (item for item in self.found if _listens(item, service, attribute, value))
        names = tuple(sorted(map(_name, found)))
        return Listening(names=names, is_enabled=self.is_enabled, unasked=self.unasked)


class Sinks(Value):
    """The log sinks of one project.

    Attributes:
        found: As Cloud Logging tells of them.
        unasked: Why it could not be asked; empty where it was.
    """

    found: tuple[Resource, ...] = ()
    unasked: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Return those that publish what BigQuery's audit logs say of each job.

        That is told by their filter (Cloud Logging, Route log entries). One that names no service may
        let them through as well; such sinks keep whole logs, and start nothing of one service.
        """
        return tuple(
            sorted(
                f"log sink {item.get('name')}"
                for item in self.found
                if not item.get("disabled")
                and str(item.get("destination", "")).startswith("pubsub.googleapis.com/")
                and "bigquery" in str(item.get("filter", "")).lower()
            )
        )


def of_tables(triggers: Triggers, sinks: Sinks) -> Listening:
    """Return what listens to what is written to BigQuery, which sends no events but audit logs."""
    found = triggers.of("bigquery", "", "")
    unasked = "; ".join(filter(None, (found.unasked, sinks.unasked)))
    return found.model_copy(update={"names": (*found.names, *sinks.names), "unasked": unasked})


def _listens(trigger: Resource, service: str, attribute: str, value: str) -> bool:
    """Whether events about a thing reach a trigger (Eventarc REST, Trigger, EventFilter).

    One for audit logs may name a method or a resource that no recovery touches: it listens.
    """
    filters = [item for item in trigger.get("eventFilters", ()) if "operator" not in item]
    exact = {str(item.get("attribute")): str(item.get("value")) for item in filters}
    kind = exact.get("type", "")
    if kind == _AUDITED:
        return bool(exact.get("serviceName") == f"{service}.googleapis.com")
    is_of_service = kind.startswith(f"google.cloud.{service}.")
    return is_of_service and bool(exact.get(attribute, value) == value)


def _name(trigger: Resource) -> str:
    *_, location, _, own = str(trigger.get("name", "")).rsplit("/", 3)
    return f"trigger {own} in {location}"
