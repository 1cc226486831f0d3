"""Terraform without its registry: the stub provider in place of Google's.

The environment has the plugin protocol and, where `terraform` is not on the path, Terraform itself
as a library.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.judges.environments import KEPT, environment

_HERE = Path(__file__).resolve().parent
_SECONDS = 300


class Terraform:
    """Runs Terraform with the stub provider.

    Args:
        is_library: Whether it is the library, even where `terraform` is on the path.

    Raises:
        UnavailableError: What it needs cannot be installed here.
    """

    def __init__(self, *, is_library: bool = False) -> None:
        python = str(environment("terraform"))
        found = None if is_library else shutil.which("terraform")
        self._command = (found,) if found else (python, str(_HERE / "library.py"))
        folder = KEPT / "terraform" / "provider"
        folder.mkdir(exist_ok=True)
        words = (python, str(_HERE / "provider.py"), str(_HERE / "schema.json.gz"))
        _write(
            folder / "terraform-provider-google",
            f"#!/bin/sh\nexec {shlex.join(words)}\n",
            mode=0o755,
        )
        overrides = f'dev_overrides {{\n "hashicorp/google" = "{folder}"\n }}'
        configuration = folder.parent / "offline.tfrc"
        _write(configuration, f"provider_installation {{\n{overrides}\n}}\n", mode=0o644)
        self._env = {
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(configuration),
            "CHECKPOINT_DISABLE": "1",  # asks no service whether there is a newer version
        }

    def run(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a module's folder; Terraform keeps nothing there."""
        return subprocess.run(
            [*self._command, *words],
            cwd=folder,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )


def _write(path: Path, text: str, *, mode: int) -> None:
    """Write a file in one step: another process can be reading it."""
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(text)
    new.chmod(mode)
    new.replace(path)
