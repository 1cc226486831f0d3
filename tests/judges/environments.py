"""Virtual environments of judges whose packages do not go with ours.

They are kept below `.local/`, which git ignores, and are made again when what is pinned changes.
"""

import fcntl
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
KEPT = _ROOT / ".local"
_QUIET = ("--quiet", "--disable-pip-version-check")


class UnavailableError(Exception):
    """An archive or a package cannot be had here."""


def environment(name: str, *, sees_ours: bool = False) -> Path:
    """Return the Python of an environment that has what `requirements/<name>.txt` pins.

    Args:
        name: The judge.
        sees_ours: Whether it has the packages of this environment too.

    Raises:
        UnavailableError: The package index does not give what is needed.
    """
    folder, pinned = KEPT / name / "environment", _ROOT / "requirements" / f"{name}.txt"
    python, made = folder / "bin" / "python", folder / "made-from.txt"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests of several processes ask at once
        if not made.exists() or made.read_text() != pinned.read_text():
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
            if sees_ours:
                own = sysconfig.get_path("purelib", vars={"base": str(folder)})
                Path(own, "project.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
            pip(
                "--python", str(python), "install", "--require-hashes", "--requirement", str(pinned)
            )
            shutil.copyfile(pinned, made)
    return python


def pip(*words: str) -> None:
    """Run pip; raises as `environment`."""
    run(sys.executable, "-m", "pip", *_QUIET, *words)


def run(*words: str) -> None:
    """Run a command; raises as `environment`."""
    done = subprocess.run(words, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise UnavailableError(f"{' '.join(words)}\n{done.stderr}")
