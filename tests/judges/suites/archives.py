"""The source archives of Google's clients, which hold their tests.

They are kept below `.local/`, which git ignores, and are fetched again when a version changes.
"""

import shutil
import tarfile
from importlib.metadata import version
from pathlib import Path

from tests.judges.environments import KEPT, pip

_KEPT = KEPT / "suites"


def source(package: str) -> Path:
    """Return the unpacked source archive of the installed version of a package.

    Raises:
        UnavailableError: The package index does not give it.
    """
    name = f"{package.replace('-', '_')}-{version(package)}"
    if not (_KEPT / name).exists():
        fetched = _KEPT / "fetched"
        shutil.rmtree(fetched, ignore_errors=True)
        wanted = f"{package}=={version(package)}"
        pip("download", "--no-deps", "--no-binary", package, "--dest", str(fetched), wanted)
        with tarfile.open(fetched / f"{name}.tar.gz") as archive:
            archive.extractall(fetched, filter="data")
        (fetched / name).rename(_KEPT / name)
    return _KEPT / name
