"""npm's `node-firestore-import-export`, installed for one benchmark and pointed at the local cloud."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench.messages import COLLECTION
from tests.bench.rivals import seconds_of
from tests.standin.cloud import Cloud

PACKAGE = "node-firestore-import-export"
_INSTALL_SECONDS = 180


class NodeTool:
    """The two commands of the package, over one collection of a project's default database.

    Args:
        folder: Where it is installed and keeps its file.
        cloud: The local cloud.
        project: The project.
    """

    def __init__(self, folder: Path, cloud: Cloud, project: str) -> None:
        self._folder = folder
        self._project = project
        self._environment = {
            **os.environ,
            "FIRESTORE_EMULATOR_HOST": cloud.env["FIRESTORE_EMULATOR_HOST"],
            "GOOGLE_CLOUD_PROJECT": project,
        }

    def install(self) -> str:
        """Install the package; return why that was not possible, or nothing."""
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            return "node and npm are not installed"
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--prefix", self._folder, PACKAGE],
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
        if done.returncode:
            return f"npm could not install {PACKAGE}: {done.stderr.strip().splitlines()[-1]}"
        self._write_credentials()
        return ""

    def export_seconds(self) -> float:
        """Return how long it takes to write the collection to a file."""
        return self._seconds("firestore-export")

    def import_seconds(self) -> float:
        """Return how long it takes to write the file's documents to the collection."""
        return self._seconds("firestore-import", "--yes")

    def _seconds(self, command: str, *more: str) -> float:
        seconds = seconds_of(
            [
                str(self._folder / "node_modules" / ".bin" / command),
                *("--accountCredentials", str(self._folder / "account.json")),
                *("--backupFile", str(self._folder / "documents.json")),
                *("--nodePath", COLLECTION, *more),
            ],
            self._environment,
        )
        if seconds is None:
            raise RuntimeError(f"{PACKAGE} has no {command}")
        return seconds

    def _write_credentials(self) -> None:
        # The tool insists on a service account; the local cloud does not look at it.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        account = {
            "type": "service_account",
            "project_id": self._project,
            "client_email": f"bench@{self._project}.iam.gserviceaccount.com",
            "private_key": pem.decode(),
        }
        (self._folder / "account.json").write_text(json.dumps(account))
