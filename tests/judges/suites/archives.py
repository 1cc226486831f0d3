"""What Google's suites need: their source archives, and an environment that can run them.

Both are kept below `.local/`, which git ignores, and are made again when a version changes.
"""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_KEPT = _ROOT / ".local" / "suites"
_REQUIREMENTS = _ROOT / "requirements" / "suites.txt"
_PIP = (sys.executable, "-m", "pip")
_QUIET = ("--quiet", "--disable-pip-version-check")


class UnavailableError(Exception):
    """An archive or a package cannot be had here."""


def source(package: str) -> Path:
    """Return the unpacked source archive of the installed version of a package.

    Raises:
        UnavailableError: The package index does not give it.
    """
    name = f"{package.replace('-', '_')}-{version(package)}"
    if not (_KEPT / name).exists():
        fetched = _KEPT / "fetched"
        shutil.rmtree(fetched, ignore_errors=True)
        _run(
            *(*_PIP, "download", *_QUIET, "--no-deps", "--no-binary", package),
            *("--dest", str(fetched), f"{package}=={version(package)}"),
        )
        with tarfile.open(fetched / f"{name}.tar.gz") as archive:
            archive.extractall(fetched, filter="data")
        (fetched / name).rename(_KEPT / name)
    return _KEPT / name


def environment() -> Path:
    """Return the Python that runs the suites.

    It sees the packages of this one, so that the clients are those which Rebound uses, and has what
    only the suites need beside them.

    Raises:
        UnavailableError: The package index does not give what is needed.
    """
    folder = _KEPT / "environment"
    python, made = folder / "bin" / "python", folder / "made-from.txt"
    if not made.exists() or made.read_text() != _REQUIREMENTS.read_text():
        _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
        own = sysconfig.get_path("purelib", vars={"base": str(folder)})
        Path(own, "project.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        _run(
            *(*_PIP, "--python", str(python), "install", *_QUIET),
            *("--require-hashes", "--requirement", str(_REQUIREMENTS)),
        )
        shutil.copyfile(_REQUIREMENTS, made)
    return python


def _run(*words: str) -> None:
    done = subprocess.run(words, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise UnavailableError(f"{' '.join(words)}\n{done.stderr}")
