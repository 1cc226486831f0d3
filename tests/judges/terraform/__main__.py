"""What Terraform says of terraform/, without its registry: `... terraform [--where-available]`.

Its form, its names and types against the schema of Google's provider, and its own tests, in which
the provider is mocked. Where nothing can be installed this fails; with `--where-available` it warns.
"""

import argparse
import sys
from pathlib import Path

from tests.judges.environments import UnavailableError
from tests.judges.terraform.offline import Terraform

DEPLOYMENT = Path(__file__).resolve().parents[3] / "terraform"
_COMMANDS = (("fmt", "-check", "-recursive", "-diff"), ("validate",), ("test",))


def main() -> int:
    """Run all three and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.judges.terraform", description=__doc__)
    parser.add_argument("--where-available", action="store_true", help="only warn of what was not")
    asked = parser.parse_args()
    try:
        terraform = Terraform()
    except UnavailableError as error:
        sys.stderr.write(f"{error}\nTERRAFORM WAS NOT CHECKED: a package index has to give what ")
        sys.stderr.write("requirements/terraform.txt pins, once\n")
        return int(not asked.where_available)
    failed = False
    for words in _COMMANDS:
        done = terraform.run(DEPLOYMENT, *words)
        failed |= done.returncode != 0
        if done.returncode:
            sys.stderr.write(f"terraform {' '.join(words)}\n{done.stdout}{done.stderr}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
