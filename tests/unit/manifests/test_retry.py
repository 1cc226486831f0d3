"""What of Google Cloud's answers is believed, and which calls are made again."""

import pytest
from google.api_core.exceptions import Forbidden, NotFound, ServiceUnavailable
from pytest_mock import MockerFixture

from manifests.cloud.retry import (
    MOST_ATTEMPTS,
    ContradictionError,
    asked_again,
    believed,
    calling,
    cloud_errors,
    require_whole,
)
from manifests.errors import CloudError, SourceMissingError


def test_a_list_without_a_location_is_none():
    """What is there would pass for not being there."""
    require_whole([], "datasets of p")
    with pytest.raises(CloudError, match="cannot reach locations/eu, locations/us") as caught:
        require_whole(["locations/eu", "locations/us"], "datasets of p")
    assert caught.value.retryable


def test_a_call_that_costs_much_is_made_less_often():
    """As often as is allowed, and what the last try raised is raised."""
    tries = []

    def call() -> None:
        tries.append(1)
        message = "later"
        raise ServiceUnavailable(message)

    with pytest.raises(ServiceUnavailable):
        calling(call, attempts=2)
    assert len(tries) == 2


def test_what_is_listed_is_never_taken_for_gone(mocker: MockerFixture):
    """One false answer is asked again; where they go on, the call fails, and may be made again."""
    mocker.patch("tenacity.nap.time")
    once = iter((None, "the view"))
    assert believed(lambda: next(once), lambda: True) == "the view"
    assert believed(lambda: None, lambda: False) is None

    looks: list[str] = []
    with (
        pytest.raises(CloudError, match="contradicts itself: it is listed") as caught,
        cloud_errors("view lake.busy"),
    ):
        believed(lambda: looks.append("404"), lambda: True)
    assert isinstance(caught.value.__cause__, ContradictionError)
    assert caught.value.retryable
    assert len(looks) == MOST_ATTEMPTS


@pytest.mark.parametrize(("answer", "can_help"), [(NotFound, True), (Forbidden, False)])
def test_one_answer_that_something_is_gone_is_not_for_good(
    answer: type[Exception], *, can_help: bool
):
    """What was looked at a second time has an error of its own."""
    error = answer("not here")
    with pytest.raises(CloudError) as caught, cloud_errors("bucket lake"):
        raise error
    assert caught.value.may_pass is can_help
    gone = SourceMissingError("does not exist")
    gone.__cause__ = NotFound("not here")
    assert not gone.may_pass


def test_what_has_to_be_there_is_asked_for_twice():
    """A second answer that it is not there is raised, and no other failure is asked about again."""
    answers: list[str | Exception] = [NotFound("no"), "there", NotFound("no"), NotFound("twice")]

    def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert asked_again(ask, NotFound) == "there"
    with pytest.raises(NotFound, match="twice"):
        asked_again(ask, NotFound)
    answers += [Forbidden("no"), "there"]
    with pytest.raises(Forbidden):
        asked_again(ask, NotFound)
