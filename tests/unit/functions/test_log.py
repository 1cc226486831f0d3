"""What a log line carries, and what joins it to its call."""

import pytest
from structlog.testing import capture_logs

from functions.log import logged_step, trace_fields

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01"),
        ("X-Cloud-Trace-Context", f"{TRACE}/13205967366341317425;o=1"),
        ("X-Cloud-Trace-Context", TRACE),
    ],
)
def test_trace_of_a_call(name: str, value: str):
    """Both headers that the platform sends name the trace."""
    fields = trace_fields({name: value}.get, "platform")
    assert fields == {"logging.googleapis.com/trace": f"projects/platform/traces/{TRACE}"}


@pytest.mark.parametrize("value", ["", "x", f"{TRACE}x", "../../" + TRACE])
def test_what_is_no_trace(value: str):
    """Anybody can send a header: what is no trace is left out."""
    assert trace_fields({"X-Cloud-Trace-Context": value}.get, "platform") == {}


def test_a_step_that_fails_ends():
    """The line at the end tells that it failed, how long it took, and what was done until then."""

    def fail() -> None:
        with logged_step("store", partition="all") as done:
            done["rows"] = 7
            int("cut")

    with capture_logs() as lines, pytest.raises(ValueError, match="cut"):
        fail()
    begun, ended = lines
    assert begun == {
        "event": "step begins", "step": "store", "partition": "all", "log_level": "info",
    }  # fmt: skip
    assert (ended["event"], ended["rows"], ended["partition"]) == ("step failed", 7, "all")
    assert ended["seconds"] >= 0
