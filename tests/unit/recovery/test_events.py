"""What documents start is started with the word only."""

import pytest

from recovery.kinds.events import event_words
from recovery.request import Request, Target


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
    (missing,) = event_words("(default)", 3, asked(triggers))
    assert (missing.what, missing.subject) == (said, "(default)")
    assert not list(event_words("other", 1, asked(triggers)))
    assert not list(event_words("(default)", 0, asked(triggers)))
    assert not list(event_words("(default)", 3, asked(triggers, notify=True)))


def test_what_starts_nothing_needs_none():
    """The catalog says so by an empty list."""
    assert not list(event_words("(default)", 3, asked(())))
