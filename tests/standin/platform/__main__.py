"""Serve the control plane: `python -m tests.standin.platform --data-dir D --port N`."""

from tests.standin import process
from tests.standin.platform.app import create_app


def main() -> None:
    """Run the service until it is told to stop."""
    parser = process.parser("Google Cloud's control plane on this machine")
    parser.add_argument("--bigquery", default="", help="where BigQuery answers")
    parser.add_argument("--storage", default="", help="where Cloud Storage answers")
    parser.add_argument("--firestore", default="", help="where Firestore answers JSON")
    options = parser.parse_args()
    elsewhere = {name: getattr(options, name) for name in ("bigquery", "storage", "firestore")}
    process.serve(create_app(options.data_dir, **elsewhere), port=options.port)


if __name__ == "__main__":
    main()
