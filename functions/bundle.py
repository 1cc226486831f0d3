"""Pack the functions for deployment: `python -m functions.bundle DIRECTORY`.

    main.py           the lines Cloud Run functions looks for
    functions/        the functions
    manifests/        the contract they write
    requirements.txt  pinned and hashed

A drill is what the operator's side does, so that it has a bundle of its own, which has recovery/, too.

The same sources give the same bytes: names are sorted, times and modes are fixed, nothing is
compressed. So a changed name means a changed function, and only then is it deployed again.
"""

import hashlib
import io
import sys
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_DATA = {".css", ".j2", ".json", ".sql"}


class Bundle(NamedTuple):
    """What is deployed together.

    Attributes:
        name: What its file begins with.
        entry_point: Its main.py.
    """

    name: str
    packages: tuple[str, ...]
    entry_point: bytes


ENTRY_POINT = b"""\
from importlib import import_module

FUNCTIONS = {
    "backup": "functions.main",
    "expire": "functions.maintenance",
    "tick": "functions.maintenance",
    "verify": "functions.maintenance",
}


def __getattr__(name):
    if name not in FUNCTIONS:
        raise AttributeError(name)
    return getattr(import_module(FUNCTIONS[name]), name)
"""
"""Each function imports its own module alone: the hourly one needs no client of BigQuery."""
DRILL_ENTRY_POINT = b"""\
from functions.drilling import drilling
from recovery.drill.called import drilled

drill = drilling(drilled)
"""
FUNCTIONS = Bundle("functions", ("functions", "manifests"), ENTRY_POINT)
DRILL = Bundle("drill", ("functions", "manifests", "recovery"), DRILL_ENTRY_POINT)
_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16


def bundle_bytes(root: Path, bundle: Bundle = FUNCTIONS) -> bytes:
    """Return a bundle of the sources below a checkout's root."""
    content = {
        "main.py": bundle.entry_point,
        "requirements.txt": (root / "requirements" / "runtime.txt").read_bytes(),
    }
    for package in bundle.packages:
        for path in (root / package).rglob("*"):
            if path.suffix == ".py" or path.suffix in _DATA:
                content[path.relative_to(root).as_posix()] = path.read_bytes()
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as written:
        for name in sorted(content):
            entry = ZipInfo(name, _OLDEST_ZIP_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE
            written.writestr(entry, content[name])
    return packed.getvalue()


def write_bundle(root: Path, directory: Path, bundle: Bundle = FUNCTIONS) -> Path:
    """Write a bundle, and a copy whose name tells its content apart.

    Args:
        root: The checkout.
        directory: Where to write; made when it is missing.
        bundle: What is packed.

    Returns:
        The path of the copy, `functions-<first 16 hexadecimal digits of its SHA-256>.zip`.
    """
    content = bundle_bytes(root, bundle)
    digest = hashlib.sha256(content).hexdigest()[:16]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{bundle.name}.zip").write_bytes(content)
    named = directory / f"{bundle.name}-{digest}.zip"
    named.write_bytes(content)
    return named


if __name__ == "__main__":
    for packed_bundle in (DRILL, FUNCTIONS):
        sys.stdout.write(f"{write_bundle(Path.cwd(), Path(sys.argv[1]), packed_bundle)}\n")
