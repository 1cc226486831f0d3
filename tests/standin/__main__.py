"""The local cloud from the command line.

    python -m tests.standin serve --data-dir D [--bigquery-port N --storage-port N ...]
    python -m tests.standin seed --scale S

`serve` prints one JSON line when it is ready and runs until it is stopped; `env` in that line is
what clients, Rebound and the functions need to be told. `seed` fills the cloud its environment
points at.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.standin.cloud import PROJECT, SERVICES, running
from tests.standin.seed.configuration import seed_control_plane
from tests.standin.seed.objects import seed_storage
from tests.standin.seed.states import seed_firestore
from tests.standin.seed.warehouse import seed_bigquery


def main() -> None:
    """Run the command named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="run the local cloud until it is stopped")
    serve.add_argument("--data-dir", type=Path, required=True)
    for service in SERVICES:
        serve.add_argument(f"--{service}-port", type=int, default=0)
    serve.set_defaults(run=_serve)
    seed = commands.add_parser("seed", help="fill the local cloud with a platform")
    seed.add_argument("--scale", type=float, default=0.01, help="1 has the platform's row counts")
    seed.set_defaults(run=_seed)
    arguments = parser.parse_args()
    arguments.run(arguments)


def _serve(arguments: argparse.Namespace) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    ports = {service: getattr(arguments, f"{service}_port") for service in SERVICES}
    with running(arguments.data_dir, ports=ports) as cloud:
        sys.stdout.write(f"{cloud.ready_line}\n")
        sys.stdout.flush()
        stopped.wait()


def _seed(arguments: argparse.Namespace) -> None:
    seed_storage(PROJECT, arguments.scale)
    seed_bigquery(PROJECT, arguments.scale)
    seed_firestore(PROJECT, arguments.scale)
    seed_control_plane(PROJECT)


if __name__ == "__main__":
    main()
