"""An operation of Firestore's administration is waited for to its end, and fails as a call does."""

from typing import Any

import pytest
from pytest_mock import MockerFixture

from manifests.cloud.databases import Databases
from manifests.cloud.rest import Rest
from manifests.errors import CloudError

BEGUN = {"name": "projects/p/databases/d/operations/o"}


def databases(mocker: MockerFixture, *answers: dict[str, Any]) -> tuple[Databases, Any]:
    """Return the administration of a database whose calls are answered so, and the calls."""
    rest = mocker.create_autospec(Rest, instance=True)
    rest.call.side_effect = answers
    return Databases(rest, "p", "d"), rest.call


def test_an_operation_that_goes_on(mocker: MockerFixture):
    """It is looked at by its name until it has ended."""
    made, calls = databases(mocker, BEGUN, BEGUN, BEGUN | {"done": True, "response": {}})
    made.create({"locationId": "nam5"})
    asked = [(call.args[0], call.args[2]) for call in calls.call_args_list]
    assert asked == [
        ("POST", "v1/projects/p/databases"),
        ("GET", f"v1/{BEGUN['name']}"),
        ("GET", f"v1/{BEGUN['name']}"),
    ]


def test_an_operation_that_fails(mocker: MockerFixture):
    """What it says is said."""
    failed = BEGUN | {"done": True, "error": {"code": 9, "message": "it is protected"}}
    made, _ = databases(mocker, failed)
    with pytest.raises(CloudError, match="it is protected"):
        made.delete()


def test_a_time_to_live_is_not_waited_for_but_its_end_is(mocker: MockerFixture):
    """It takes ten minutes and more to be set; what it would delete is written when it is gone."""
    made, calls = databases(mocker, BEGUN, BEGUN, BEGUN | {"done": True})
    made.set_field("games", "a/b", "ttlConfig", {})
    assert calls.call_count == 1
    assert calls.call_args.args[2].endswith("/collectionGroups/games/fields/a%2Fb")
    made.set_field("games", "a/b", "ttlConfig", None)
    assert calls.call_count == 3
    assert calls.call_args_list[1].kwargs["query"] == {"updateMask": "ttlConfig"}
    assert "ttlConfig" not in calls.call_args_list[1].kwargs["body"]
