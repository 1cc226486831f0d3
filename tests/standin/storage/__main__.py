"""Serve Cloud Storage: `python -m tests.standin.storage --data-dir D --port N`."""

from tests.standin import process
from tests.standin.storage.app import create_app


def main() -> None:
    """Run the service until it is told to stop."""
    options = process.parser("Cloud Storage on this machine").parse_args()
    process.serve(create_app(options.data_dir), port=options.port)


if __name__ == "__main__":
    main()
