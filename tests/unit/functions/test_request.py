import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from functions.instant import refuse_next
from functions.main import backup, run_request
from functions.run import RunRequest
from manifests.errors import UsageError

NOW = datetime(2026, 11, 24, 8, 0, 3, tzinfo=UTC)


def scheduled(
    name: str | None = "nightly", time: str | None = "2026-11-24T08:00:00Z"
) -> Callable[[str], str | None]:
    """Return the headers Cloud Scheduler sends."""
    headers = Headers()
    if name is not None:
        headers["x-cloudscheduler-JOBNAME"] = name
    if time is not None:
        headers["X-CLOUDSCHEDULER-scheduletime"] = time
    return headers.get


def requested(body: bytes, header: Callable[[str], str | None]) -> RunRequest:
    """Read a call."""
    return run_request(body, header)


@pytest.mark.parametrize("body", [b"", b"{}", b" {} ", b'{"full": false}'])
def test_a_schedule_names_its_run(body: bytes):
    """A scheduled call is named by its schedule and time, whatever case its headers have."""
    wanted = requested(body, scheduled())
    assert wanted.run_id == "nightly-20261124T080000Z"
    assert wanted.recovery_point is None
    assert not wanted.force_full


@pytest.mark.parametrize(
    "time", ["2026-11-24T08:00:00Z", "2026-11-24T01:00:00-07:00", "2026-11-24T08:00:00.000000Z"]
)
def test_a_retry_means_the_same_run(time: str):
    """One scheduled instant is one run, however it is written."""
    assert requested(b"", scheduled(time=time)).run_id == "nightly-20261124T080000Z"


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_outside_of_time_is_refused(instant: str):
    """A year that UTC does not have is a bad call, and no bug."""
    with pytest.raises(UsageError, match="not a schedule time"):
        requested(b"", scheduled(time=instant))
    with pytest.raises(UsageError, match=r"recovery_point: .*years 1 to 9999"):
        requested(b'{"run_id": "old", "recovery_point": "%s"}' % instant.encode(), Headers().get)


class Endless(io.RawIOBase):
    """A body without an end."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0

    def readable(self) -> bool:
        """Whether there is more."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer."""
        self.given += len(buffer)
        assert self.given < 2**20
        return len(buffer)


def test_a_body_without_an_end_is_not_read():
    """Of a body in chunks no more is read than tells that it is too large, also not afterwards."""
    body = Endless()
    environ = EnvironBuilder(method="POST").get_environ()
    environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    request = flask.Request(environ)
    answer, status = backup(request)
    assert (status, answer["message"]) == (413, "the body is too large")
    # The framework reads what is left before it answers.
    assert not request.get_data()
    assert body.given < 2**14


def test_a_caller_can_name_a_run():
    """A manual run has the id, instant and extent its caller gives it."""
    body = b'{"run_id": "before-migration", "recovery_point": "2026-11-24T07:00:00Z", "full": true}'
    for header in (Headers().get, scheduled()):
        wanted = requested(body, header)
        assert wanted.run_id == "before-migration"
        assert wanted.recovery_point == datetime(2026, 11, 24, 7, tzinfo=UTC)
        assert wanted.force_full


def test_a_forced_run_has_to_name_itself():
    """It carries the next schedule time: taking it would make tonight's backup now."""
    forced = requested(b"", scheduled(time="2026-11-25T08:00:00Z"))
    assert forced.scheduled_at is not None
    with pytest.raises(UsageError, match="forced run") as caught:
        refuse_next(forced.scheduled_at, now=NOW)
    assert "run_id" in caught.value.hint
    named = requested(b'{"run_id": "forced-1"}', scheduled(time="2026-11-25T08:00:00Z"))
    assert (named.run_id, named.scheduled_at) == ("forced-1", None)


def test_clocks_may_differ_a_little():
    """A call that comes a moment before its time by our clock is no forced run."""
    refuse_next(NOW + timedelta(seconds=30), now=NOW)


@pytest.mark.parametrize(
    "header", [Headers().get, scheduled(name=None), scheduled(time=None), scheduled(name="")]
)
def test_a_run_needs_a_name(header: Callable[[str], str | None]):
    """A call that nothing names is refused, with what to send."""
    with pytest.raises(UsageError, match="nothing names the run") as caught:
        requested(b"{}", header)
    assert "run_id" in caught.value.hint


@pytest.mark.parametrize("time", ["yesterday", "2026-11-24T08:00:00", "2026-11-24", "x" * 500, ""])
def test_a_schedule_time_is_an_instant(time: str):
    """A time without a zone, or none at all, names no run; a long one is not repeated."""
    with pytest.raises(UsageError) as caught:
        requested(b"", scheduled(time=time))
    assert len(caught.value.subject) <= 100


@pytest.mark.parametrize("name", ["a/b", "../x", "n" * 101, "n\u00e4chtlich", "a b"])
def test_a_schedule_cannot_leave_its_folder(name: str):
    """The headers prove nothing: what they say is checked like any id."""
    with pytest.raises(UsageError, match="a run id is"):
        requested(b"", scheduled(name=name))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b'{"runid": "abc"}', "runid: "),
        (b'{"run_id": "abc", "more": 1}', "more: "),
        (b'{"run_id": 7}', "run_id: "),
        (b'{"run_id": ["abc"]}', "run_id: "),
        (b'{"full": "yes"}', "full: "),
        (b'{"full": 1}', "full: "),
        (b'{"full": null}', "full: "),
        (b'{"recovery_point": 1764000000}', "recovery_point: "),
        (b'{"recovery_point": "2026-11-24T08:00:00"}', "recovery_point: "),
        (b'{"recovery_point": "2026-11-24T08:00:30Z"}', "recovery_point: "),
        (b'{"recovery_point": "now"}', "recovery_point: "),
        (b"[]", "body: "),
        (b"null", "body: "),
        (b'"abc"', "body: "),
        (b"{", "body: "),
        (b"run_id=abc", "body: "),
        (b'{"run_id": "\xff\xfe"}', "body: "),
        (b"\x00", "body: "),
    ],
)
def test_a_body_that_does_not_fit_says_where(body: bytes, where: str):
    """Unknown keys, other types and what is no JSON are refused, never guessed at."""
    with pytest.raises(UsageError) as caught:
        requested(body, scheduled())
    assert caught.value.message.startswith(where)


@pytest.mark.parametrize(
    "run_id", [b"", b"ab", b"a/b", b"../abc", b"a b c", b"a\\u0000bc", b"r" * 101]
)
def test_a_run_id_in_the_body_is_checked(run_id: bytes):
    """A run id cannot lead out of its folder."""
    with pytest.raises(UsageError, match="a run id is"):
        requested(b'{"run_id": "' + run_id + b'"}', scheduled())
