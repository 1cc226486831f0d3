"""Who did what is written down before it is done."""

from datetime import UTC, datetime

import pytest

from manifests.cloud.identity import identity_of
from recovery.operator import Acted, Action, Operator
from recovery.report.acted import actions_document
from recovery.report.text import text_of


class Account:
    """Credentials that tell an account in one of Google's ways."""

    def __init__(self, **told: object) -> None:
        vars(self).update(told)


@pytest.mark.parametrize(
    ("credentials", "identity"),
    [
        (Account(service_account_email="restore@p.iam.gserviceaccount.com"),
         "restore@p.iam.gserviceaccount.com"),
        (Account(service_account_email="default"), ""),
        (Account(account="ana@example.com"), "ana@example.com"),
        (Account(account=""), ""),
        (Account(), ""),
    ],
)  # fmt: skip
def test_an_account_that_credentials_tell(credentials: Account, identity: str):
    """What they do not tell is empty, and not guessed."""
    assert identity_of(credentials) == identity


def test_what_was_done_is_told():
    """When, who, what, to what, and in whose words why; nothing in it acts on a terminal."""
    operator = Operator(
        identity="", login="ana@laptop", command=("hold", "night"), reason="audit \x1b[2J"
    )
    action = Action(
        did_at=datetime(2026, 11, 24, 8, 1, tzinfo=UTC),
        verb="hold",
        subject="night",
        project="p",
        operator=operator,
    )
    text = text_of(actions_document((Acted(action),)))
    (line,) = text.splitlines()[1:]
    assert line.split()[:5] == ["2026-11-24", "08:01:00", "ana@laptop", "hold", "night"]
    assert "\x1b" not in text
    planted = text_of(actions_document((Acted(action, "it is not signed"),)))
    assert planted.splitlines()[1].endswith("NOT SIGNED: it is not signed")
    known = operator.model_copy(update={"identity": "ana@example.com"})
    assert known.told == "ana@example.com (ana@laptop)"
