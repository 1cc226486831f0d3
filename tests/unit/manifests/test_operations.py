"""An operation of Firestore's administration is waited for as any other call is made."""

import pytest
from google.api_core import exceptions as google_errors
from google.api_core.operation import Operation
from google.api_core.retry import Retry
from google.cloud.firestore_admin_v1.types import Database
from google.longrunning.operations_pb2 import Operation as State

from manifests.cloud.databases import _carried_out


def operation(*states: State | Exception) -> tuple[Operation, list[Retry]]:
    """Return an operation whose looks are answered so, and what it is told of trying again."""
    told: list[Retry] = []
    answers = iter(states)

    def look(retry: Retry) -> State:
        told.append(retry)
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Operation(State(name="o"), look, lambda: None, Database), told


def ended(**found: object) -> State:
    """Return an operation that has ended."""
    state = State(name="o", done=True, **found)
    if not found:
        state.response.Pack(Database.pb(Database(name="d")))
    return state


def test_a_look_is_tried_again_by_us_alone():
    """What does not answer is asked again; Google's own way of trying again is off."""
    made, told = operation(google_errors.ServiceUnavailable("later"), State(name="o"), ended())
    _carried_out(lambda: made)
    assert len(told) == 3
    tries = []

    def fail() -> None:
        tries.append(1)
        raise google_errors.ServiceUnavailable("later")

    for retry in told:
        with pytest.raises(google_errors.ServiceUnavailable):
            retry(fail)()
    assert len(tries) == len(told)


def test_what_is_refused_or_fails_is_raised():
    """A look that is refused ends the wait; so does an operation that failed."""
    made, told = operation(google_errors.Forbidden("no"))
    with pytest.raises(google_errors.Forbidden):
        _carried_out(lambda: made)
    assert len(told) == 1
    made, _ = operation(ended(error={"code": 9, "message": "taken"}))
    with pytest.raises(google_errors.FailedPrecondition, match="taken"):
        _carried_out(lambda: made)
