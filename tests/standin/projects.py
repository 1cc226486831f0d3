"""What Google gives every project."""

import zlib


def project_number(project: str) -> str:
    """Return the number of a project, which nobody chooses."""
    return str(100_000_000_000 + zlib.crc32(project.encode()))
