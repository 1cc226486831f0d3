"""The runbooks beside the code: which pages they are. Pure.

They are no part of the installed package: where there is no checkout there are none.
"""

import hashlib
from pathlib import Path

RUNBOOKS = Path(__file__).resolve().parent.parent / "runbooks"
"""Where they are in a checkout."""


def page_digests(folder: Path = RUNBOOKS) -> dict[str, str]:
    """Return the SHA-256 of every page, by its path in the folder, in order.

    A drill keeps them: they tell which version of each page it followed.
    """
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    return {
        page: f"sha256:{hashlib.sha256((folder / page).read_bytes()).hexdigest()}" for page in pages
    }
