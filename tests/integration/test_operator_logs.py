"""What an operator searches the logs for: the run of each line, and its part."""

from tests.harness import Function
from tests.integration import lake


def test_no_line_of_a_run_is_nameless(function: Function):
    """Of a process that wrote one run, every line names it, and each export names its table."""
    function.complete("named")
    lines = function.log_lines()
    assert {line.get("run_id") for line in lines} == {"named"}
    exported = {line.get("table") for line in lines if line["message"] == "exported"}
    assert exported == set(lake.TABLES)
