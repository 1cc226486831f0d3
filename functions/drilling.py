"""The HTTP function that drills. It is bundled alone, because a drill runs the operator's side.

`main.py` of that bundle joins the two; neither imports the other. POST, without a body: 200 when the
drill passed. A retry of a schedule is answered from what its drill came to.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import flask
import functions_framework
import structlog
from flask.typing import ResponseReturnValue

from functions.calls import (
    SCHEDULE_HEADER,
    TIME_HEADER,
    Answer,
    answering,
    misconfigured,
    scheduled,
)
from functions.log import configure_logs
from functions.notices import announced

type Drilled = Callable[[datetime | None], Mapping[str, object]]
"""Drills once for a schedule's time, None for now; returns what is told of a drill that passed."""

log = structlog.get_logger()


def drilling(drilled: Drilled) -> Callable[[flask.Request], ResponseReturnValue]:
    """Return the function that drills.

    Args:
        drilled: Drills.
    """
    configure_logs()

    def answered(request: flask.Request, _: bytes) -> Answer:
        header = request.headers.get
        is_scheduled = header(SCHEDULE_HEADER) and header(TIME_HEADER)
        with misconfigured():
            told = drilled(scheduled(header)[1] if is_scheduled else None)
        log.info("drill passed", **told)
        return {"state": "passed", **told}, 200

    @functions_framework.http
    def drill(request: flask.Request) -> Answer:
        """Drill a sample into the sandbox; answer 200 when it passed."""
        work = partial(answering, work=answered, failed="drill failed")
        return announced(request, work, name="drill")

    return drill
