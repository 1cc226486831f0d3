"""The function as it is deployed: a bundle's own files, its own requirements, and nothing else."""

import atexit
import fcntl
import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

from functions.bundle import FUNCTIONS, Bundle, write_bundle

ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENTS = ROOT / ".local" / "deployed"


def unpacked(bundle: Path, folder: Path) -> Path:
    """Unpack a bundle in a folder that is made for it, and return the folder."""
    with ZipFile(bundle) as packed:
        packed.extractall(folder)
    return folder


@functools.cache
def own_bundle(bundle: Bundle = FUNCTIONS) -> Path:
    """Unpack a bundle of this checkout once for this process, so that its modules are compiled once."""
    folder = Path(tempfile.mkdtemp(prefix="rebound-bundle-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return unpacked(write_bundle(ROOT, folder, bundle), folder / "unpacked")


def python_of(source: Path) -> Path:
    """Return the Python of an environment made from an unpacked bundle's hashed requirements.

    This checkout is installed in .venv, where a bundle would find what it lacks: modules, and the
    metadata of `rebound`. So the environment is one of its own. It is kept between runs as long as
    the requirements and this Python stay what they are.
    """
    requirements = source / "requirements.txt"
    inputs = requirements.read_bytes() + sys.version.encode()
    home = _ENVIRONMENTS / hashlib.sha256(inputs).hexdigest()[:16]
    python, complete = home / "bin" / "python", home / "complete"
    _ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes start at once
        if not complete.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "--requirement", requirements], check=True)
            complete.touch()
    return python


def framework_words(port: int, target: str) -> list[str]:
    """Return the command line that serves a function of an unpacked bundle as Cloud Run does."""
    options = ["--source", "main.py", "--target", target, "--host", "127.0.0.1"]
    return ["functions_framework", *options, "--port", str(port)]
