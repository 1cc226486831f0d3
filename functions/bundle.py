"""Pack the functions for deployment: `python -m functions.bundle DIRECTORY`.

    main.py           the lines Cloud Run functions looks for
    functions/        the functions
    manifests/        the contract it writes
    requirements.txt  pinned and hashed

The same sources give the same bytes: names are sorted, times and modes are fixed, nothing is
compressed. So a changed name means a changed function, and only then is it deployed again.
"""

import hashlib
import io
import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ENTRY_POINT = b"".join(
    f"from functions.{module} import {name} as {name}\n".encode()
    for module, name in (
        ("main", "backup"),
        ("maintenance", "expire"),
        ("maintenance", "tick"),
        ("maintenance", "verify"),
    )
)
_OLDEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16


def bundle_bytes(root: Path) -> bytes:
    """Return the bundle of the sources below a checkout's root."""
    content = {
        "main.py": ENTRY_POINT,
        "requirements.txt": (root / "requirements" / "runtime.txt").read_bytes(),
    }
    for package in ("functions", "manifests"):
        for path in (root / package).rglob("*"):
            if path.suffix in {".py", ".json"}:
                content[path.relative_to(root).as_posix()] = path.read_bytes()
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as bundle:
        for name in sorted(content):
            entry = ZipInfo(name, _OLDEST_ZIP_TIME)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN_FILE
            bundle.writestr(entry, content[name])
    return packed.getvalue()


def write_bundle(root: Path, directory: Path) -> Path:
    """Write `functions.zip`, and a copy whose name tells its content apart.

    Args:
        root: The checkout.
        directory: Where to write; made when it is missing.

    Returns:
        The path of the copy, `functions-<first 16 hexadecimal digits of its SHA-256>.zip`.
    """
    content = bundle_bytes(root)
    digest = hashlib.sha256(content).hexdigest()[:16]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "functions.zip").write_bytes(content)
    named = directory / f"functions-{digest}.zip"
    named.write_bytes(content)
    return named


if __name__ == "__main__":
    sys.stdout.write(f"{write_bundle(Path.cwd(), Path(sys.argv[1]))}\n")
