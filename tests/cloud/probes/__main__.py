"""Ask every question of the cloud that the environment points at, and print the answers as JSON.

python -m tests.cloud.probes PROJECT RUN
"""

import json
import sys
from collections.abc import Callable

from tests.cloud.probes import (
    documents,
    files,
    objects,
    properties,
    schedules,
    statements,
    tables,
)
from tests.cloud.probes.asking import answered
from tests.cloud.sandbox import Sandbox

PROBES: tuple[Callable[[Sandbox], object], ...] = (
    *statements.PROBES,
    *tables.PROBES,
    *files.PROBES,
    *properties.PROBES,
    *objects.PROBES,
    *documents.PROBES,
    *schedules.PROBES,
)


def main() -> None:
    """Print an object with one answer a probe, in the order of the probes."""
    project, run = sys.argv[1:]
    sandbox = Sandbox(project, run)
    answers = {}
    for probe in PROBES:
        name = f"{probe.__module__.rsplit('.', 1)[1]}.{probe.__name__}"
        sys.stderr.write(f"{name}\n")
        answers[name] = answered(lambda probe=probe: probe(sandbox))
    text = json.dumps(answers, indent=1, sort_keys=True, default=str)
    sys.stdout.write(text.replace(run, "RUN").replace(project, "PROJECT"))


if __name__ == "__main__":
    main()
