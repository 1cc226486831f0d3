"""What documents start is started with the word only."""

from typing import Any

import pytest
from pytest_mock import MockerFixture

from recovery.kinds.events import event_words, started_text, table_words
from recovery.listening import Listening, Sinks, Triggers, of_tables
from recovery.request import Request, Target
from recovery.triggers import Listeners


def asked(triggers: tuple[str, ...] | None, *, notify: bool = False) -> Request:
    """Return a request for a database whose events start this."""
    return Request(
        scenario="firestore-state-loss",
        target=Target(project="platform"),
        triggers={"(default)": triggers},
        notify=notify,
    )


@pytest.mark.parametrize(
    ("triggers", "said"),
    [
        (("on-completion",), "each of 3 documents starts on-completion"),
        (None, "nobody says what the events of 3 documents start"),
    ],
)
def test_what_events_start_needs_a_word(triggers: tuple[str, ...] | None, said: str):
    """What the catalog names, and also what it does not speak of."""
    (missing,) = event_words("(default)", 3, asked(triggers), Listening())
    assert (missing.what, missing.subject) == (said, "(default)")
    assert not list(event_words("other", 1, asked(triggers), Listening()))
    assert not list(event_words("(default)", 0, asked(triggers), Listening()))
    assert not list(event_words("(default)", 3, asked(triggers, notify=True), Listening()))


def test_what_starts_nothing_needs_none():
    """The catalog says so by an empty list."""
    assert not list(event_words("(default)", 3, asked(()), Listening()))


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (
            Listening(names=("trigger late in us-west2",)),
            "each of 3 documents starts on-completion, trigger late in us-west2",
        ),
        (Listening(unasked="403"), "each of 3 documents starts on-completion"),
        (Listening(is_enabled=False), "each of 3 documents starts on-completion"),
    ],
)
def test_what_listens_now_is_said_beside_the_catalog(listening: Listening, said: str):
    """What Eventarc knows is added to what the catalog names."""
    (missing,) = event_words("(default)", 3, asked(("on-completion",)), listening)
    assert missing.what == said


def test_what_the_catalog_does_not_know_needs_the_word():
    """A trigger nobody wrote down, and also that Eventarc does not answer."""
    late = Listening(names=("trigger late in us-west2",))
    (found,) = event_words("(default)", 3, asked(()), late)
    assert found.what == "each of 3 documents starts trigger late in us-west2"
    unasked = Listening(unasked="Google Cloud answered 403: no")
    (unknown,) = event_words("(default)", 3, asked(()), unasked)
    assert "unknown what of Eventarc 3 documents start: Google Cloud answered 403" in unknown.what
    assert "eventarc.triggers.list" in unknown.hint
    assert not list(event_words("(default)", 3, asked((), notify=True), unasked))
    assert not list(event_words("(default)", 3, asked(()), Listening(is_enabled=False)))
    assert started_text((), late) == "nothing by the catalog; trigger late in us-west2"
    assert started_text(None, unasked).startswith(
        "unknown, the catalog does not say; UNKNOWN which"
    )


def trigger(name: str, **filters: str) -> dict[str, Any]:
    """Return a trigger as Eventarc tells of it."""
    items = [{"attribute": key, "value": value} for key, value in filters.items()]
    document = {"attribute": "document", "value": "a/{b}", "operator": "match-path-pattern"}
    return {
        "name": f"projects/p/locations/us-west2/triggers/{name}",
        "eventFilters": [*items, document],
    }


def test_which_triggers_listen():
    """Those for events of the service about the thing, and those for its audit logs."""
    written = "google.cloud.firestore.document.v1.written"
    found = Triggers(
        found=(
            trigger("own", type=written, database="(default)"),
            trigger("context", type=f"{written}.withAuthContext", database="(default)"),
            trigger("other", type=written, database="other"),
            trigger("bucket", type="google.cloud.storage.object.v1.finalized", bucket="raw"),
            trigger(
                "audit",
                type="google.cloud.audit.log.v1.written",
                serviceName="firestore.googleapis.com",
                methodName="x",
            ),
            {"name": "projects/p/locations/us-west2/triggers/empty"},
        )
    )
    names = found.of("firestore", "database", "(default)").names
    assert names == tuple(f"trigger {name} in us-west2" for name in ("audit", "context", "own"))
    assert found.of("storage", "bucket", "raw").names == ("trigger bucket in us-west2",)
    assert found.of("storage", "bucket", "other").names == ()


def sink(name: str, **changes: object) -> dict[str, Any]:
    """Return a log sink as Cloud Logging tells of it."""
    topic = "pubsub.googleapis.com/projects/p/topics/t"
    told = 'protoPayload.serviceName="bigquery.googleapis.com"'
    return {"name": name, "destination": topic, "filter": told, **changes}


def test_what_listens_to_tables():
    """Triggers on BigQuery's audit logs, and sinks about it that publish; what is unknown is said."""
    audit = "google.cloud.audit.log.v1.written"
    triggers = Triggers(
        found=(
            trigger("rows", type=audit, serviceName="bigquery.googleapis.com", methodName="x"),
            trigger("objects", type=audit, serviceName="storage.googleapis.com"),
            trigger("bucket", type="google.cloud.storage.object.v1.finalized", bucket="raw"),
        )
    )
    sinks = Sinks(
        found=(
            sink("told"),
            sink("by type", filter='resource.type = "bigquery_dataset"'),
            sink("off", disabled=True),
            sink("kept", destination="storage.googleapis.com/logs"),
            sink("others", filter="severity >= ERROR"),
        )
    )
    found = of_tables(triggers, sinks)
    assert found.names == ("trigger rows in us-west2", "log sink by type", "log sink told")
    (word,) = table_words("nba.games", found)
    assert "log sink told would be told of each table that is written" in word.what
    assert "not asked: log sinks of folders and organizations, Eventarc Advanced" in word.hint
    assert (word.name, "--notify" in word.hint) == ("nba.games", True)
    unknown = of_tables(Triggers(unasked="403"), Sinks(unasked="not now"))
    (word,) = table_words("nba.games", unknown)
    assert "UNKNOWN which triggers of Eventarc: 403; not now" in unknown.text
    assert "logging.sinks.list" in word.hint
    assert not list(table_words("nba.games", of_tables(Triggers(is_enabled=False), Sinks())))


def test_each_is_asked_once_for_all_kinds(mocker: MockerFixture):
    """Each kind of a plan asks for its project; the services are asked for the first alone."""
    triggers = mocker.patch("recovery.triggers.live_triggers", return_value=Triggers())
    sinks = mocker.patch("recovery.triggers.live_sinks", return_value=Sinks())
    listeners = Listeners(mocker.Mock())
    for _ in range(2):
        listeners.triggers("p")
        listeners.of_tables("p")
    assert (triggers.call_count, sinks.call_count) == (1, 1)
    listeners.triggers("other")
    assert triggers.call_count == 2
