"""Hold Rebound and its local cloud against the real Google Cloud, in a sandbox project.

    python -m tests.cloud PROJECT            # run the tests, then remove what they made
    python -m tests.cloud PROJECT --clean    # only remove what earlier runs left

What differs between the answers of the real cloud and those of the local one is written to
`.local/cloud/differences.json`, which names no project and can be sent to us.
"""

import argparse
import os
import subprocess
import sys

from tests.cloud import cost
from tests.cloud.sandbox import (
    PROJECT_VARIABLE,
    ProtectedProjectError,
    refuse_protected,
    remove_everything,
)

SERVICES = ("bigquery", "storage", "firestore")
TESTS = ["tests/cloud", *(f"tests/contract/{service}" for service in SERVICES)]
COST = """\
This makes datasets, buckets, Firestore databases and a schedule that calls nobody in the project
{project}, all labelled or named `rebound-cloud`, and removes them at the end. It runs {jobs:,} jobs of BigQuery and writes
thousands of objects and documents: about {cents} US cents at list prices, in about {minutes} minutes.
Both are estimates of {counted}, from what a run does on the local cloud; no bill has shown them yet.
"""
# What one run in one project cannot show.
NOT_ASKED = """\
Not asked, because one run cannot show it: a partition expiration watched for days, least-privilege
identities, the deployed function under Cloud Scheduler, a million documents just deleted, and the
rate of rewrites into a fresh range.
"""


def main() -> int:
    """Run the tests, or only clean up; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.cloud", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("project", help="a sandbox project")
    parser.add_argument("--clean", action="store_true", help="only remove what is left over")
    arguments, words = parser.parse_known_args()
    try:
        refuse_protected(arguments.project)
    except ProtectedProjectError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    is_clean = _clean(arguments.project)
    if arguments.clean:
        return int(not is_clean)
    estimate = COST.format(
        project=arguments.project,
        jobs=cost.JOBS,
        cents=cost.cents(),
        minutes=cost.minutes(),
        counted=cost.COUNTED_ON,
    )
    sys.stdout.write(estimate + NOT_ASKED)
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", "-m", "", *(words or TESTS)]
    code = 1
    try:
        code = subprocess.call(command, env={**os.environ, PROJECT_VARIABLE: arguments.project})
    finally:
        is_clean = _clean(arguments.project)
    return code if is_clean else code or 1


def _clean(project: str) -> bool:
    """Remove what runs made, say so of each thing, and tell whether nothing is left."""
    is_clean = True
    for name, problem in remove_everything(project):
        if problem:
            is_clean = False
            sys.stderr.write(f"error: {name} is still there: {problem}\n")
        else:
            sys.stdout.write(f"removed {name}\n")
    return is_clean


if __name__ == "__main__":
    sys.exit(main())
