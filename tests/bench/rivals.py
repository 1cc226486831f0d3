"""Other tools that a benchmark compares Rebound with, pointed at the local cloud."""

import math
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Literal

from tests.bench.ratio import Ratio
from tests.standin.cloud import Cloud

_LONGEST_SECONDS = 900


def gcloud_environment(cloud: Cloud, folder: Path) -> dict[str, str]:
    """Return the environment in which `gcloud storage` talks to the local cloud."""
    return {
        **os.environ,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{cloud.urls['storage']}/storage/v1/",
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "any",
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": "bench",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }


def rclone_environment(cloud: Cloud, folder: Path) -> dict[str, str]:
    """Return the environment in which `rclone` has the local cloud as its remote `cloud`."""
    (folder / "rclone.conf").touch()
    return {
        **os.environ,
        "RCLONE_CONFIG": str(folder / "rclone.conf"),
        "RCLONE_CONFIG_CLOUD_TYPE": "google cloud storage",
        "RCLONE_CONFIG_CLOUD_ANONYMOUS": "true",
        "RCLONE_CONFIG_CLOUD_ENDPOINT": f"{cloud.urls['storage']}/storage/v1/",
        "RCLONE_CONFIG_CLOUD_PROJECT_NUMBER": "bench",
    }


def seconds_of(words: list[str], environment: dict[str, str]) -> float | None:
    """Run a tool to its end and return how long that took; None where it is not installed.

    Raises:
        RuntimeError: It failed.
    """
    if shutil.which(words[0], path=environment.get("PATH")) is None:
        return None
    began = time.monotonic()
    done = subprocess.run(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    if done.returncode:
        message = f"{' '.join(words)} ended with {done.returncode}: {done.stdout[-1000:]}{done.stderr[-1000:]}"
        raise RuntimeError(message)
    return time.monotonic() - began


def not_measured(
    what: str, wanted: Literal["at most", "at least"], bound: float, why: str
) -> Ratio:
    """Return a ratio that is not met, because one of its sides could not be measured."""
    return Ratio(what, math.nan, wanted, bound, f"NOT MEASURED: {why}")
