"""What checkov says of terraform/: `python -m tests.judges.checkov [--where-available]`.

Its policies for Google Cloud, without any service of its own. What is skipped has its reason beside it
(`checkov:skip`). Where it cannot be installed this fails; with `--where-available` it warns.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.judges.environments import UnavailableError, environment

DEPLOYMENT = Path(__file__).resolve().parents[2] / "terraform"
RED = Path(__file__).resolve().parent / "terraform" / "red"
PLANTED = "CKV_GCP_114 google_storage_bucket.incomplete"
"""A policy that a planted module does not keep: a judge that condemns nothing judges nothing."""
_SECONDS = 300


class Judged(NamedTuple):
    """What checkov says of a folder.

    Attributes:
        passed: How many policies are kept.
        failed: Each that is not: its id, and what does not keep it.
        skipped: How many are skipped, with a reason.
    """

    passed: int
    failed: tuple[str, ...]
    skipped: int


def judged(folder: Path) -> Judged:
    """Ask checkov about the Terraform of a folder.

    Raises:
        UnavailableError: It cannot be installed here, or did not come to its end.
    """
    words = (
        "--directory",
        str(folder),
        "--framework",
        "terraform",
        "--skip-download",
        "--output",
        "json",
    )
    done = subprocess.run(
        [str(environment("checkov")), "-m", "checkov.main", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    try:
        told: dict[str, Any] = json.loads(done.stdout)
        found = told["results"]
    except (ValueError, KeyError, TypeError):
        raise UnavailableError(
            f"checkov ended with {done.returncode}\n{done.stderr[-2000:]}"
        ) from None
    failed = tuple(f"{item['check_id']} {item['resource']}" for item in found["failed_checks"])
    return Judged(len(found["passed_checks"]), failed, len(found["skipped_checks"]))


def main() -> int:
    """Ask about the deployment and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.judges.checkov", description=__doc__)
    parser.add_argument("--where-available", action="store_true", help="only warn of what was not")
    asked = parser.parse_args()
    try:
        found, planted = judged(DEPLOYMENT), judged(RED)
    except UnavailableError as error:
        sys.stderr.write(f"{error}\nCHECKOV WAS NOT ASKED: a package index has to give what ")
        sys.stderr.write("requirements/checkov.txt pins, once\n")
        return int(not asked.where_available)
    if not any(item.startswith(PLANTED) for item in planted.failed):
        sys.stderr.write(f"checkov does not tell of {PLANTED}, which is planted in {RED}\n")
        return 1
    for item in found.failed:
        sys.stderr.write(f"{item}\n")
    return int(bool(found.failed) or not found.passed)


if __name__ == "__main__":
    sys.exit(main())
