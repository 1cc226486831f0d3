"""Missed dates brought back from the backup: what an operator is asked before."""

from typing import Any

import pytest
from pytest_mock import MockerFixture

from manifests.errors import RefusedError
from recovery.cli import dates_of_vault
from tests.unit.worlds import GONE, plan, world

SAID = {
    "yes": False,
    "as_json": False,
    "anew": True,
    "confirm_project": None,
    "access": False,
    "untrusted": False,
    "reason": "",
}


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "second"])
def test_whichever_table_changes_somebody_is_asked(mocker: MockerFixture, *, is_first: bool):
    """Each table has a plan; all are shown, and one question stands for all of them."""
    change, equal = plan(world(games=GONE)), plan(world()).model_copy(update={"steps": ()})
    assert change.changes
    assert not equal.changes
    module = "recovery.cli.dates_of_vault"
    plans = [change, equal] if is_first else [equal, change]
    mocker.patch(f"{module}._chosen", return_value=(None, None))
    mocker.patch(f"{module}.held_dates", return_value=())
    mocker.patch(f"{module}._plans", return_value=plans)
    mocker.patch(f"{module}.check_backup")
    mocker.patch("sys.stdin.isatty", return_value=True)
    shown = mocker.patch(f"{module}.show_plan")
    done = mocker.patch(f"{module}._carried_out")
    # No test has a terminal at which somebody answers.
    answer = mocker.patch("typer.confirm", return_value=False)
    session: Any = mocker.MagicMock()
    asked: Any = mocker.MagicMock(requests=1)
    with pytest.raises(RefusedError, match="not confirmed"):
        dates_of_vault.recover(session, mocker.MagicMock(), mocker.MagicMock(), asked, SAID)
    assert [call.args[0] for call in shown.call_args_list] == plans
    done.assert_not_called()
    answer.return_value = True
    dates_of_vault.recover(session, mocker.MagicMock(), mocker.MagicMock(), asked, SAID)
    assert [call.args[2] for call in done.call_args_list] == plans
