import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import storage

from tests.contract import real
from tests.contract.storage.server import Server

pytestmark = real.local_only(real.TOOL)

type Tool = Callable[..., str]

FILES = {"a.txt": b"small", "sub/b c%é.txt": b"other", "empty": b"", "large.bin": b"x" * 20_000_000}


def run(words: list[str], env: dict[str, str]) -> str:
    """Run a command and return its output; a failure shows all it said."""
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def gcloud(server: Server, tmp_path: Path) -> Tool:
    """Return what runs `gcloud storage` against the stand-in."""
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not installed: its agreement with the stand-in is not shown")
    env = os.environ | {
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{server.url}/storage/v1/",
        "CLOUDSDK_AUTH_ACCESS_TOKEN": "any",
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        "CLOUDSDK_CORE_PROJECT": "p",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }
    return lambda *words: run(["gcloud", "storage", *map(str, words)], env)


@pytest.fixture
def rclone(server: Server, tmp_path: Path) -> Tool:
    """Return what runs rclone against the stand-in."""
    if shutil.which("rclone") is None:
        pytest.skip("rclone is not installed: its agreement with the stand-in is not shown")
    env = os.environ | {
        "RCLONE_CONFIG": str(tmp_path / "rclone.conf"),
        "RCLONE_CONFIG_CLOUD_TYPE": "google cloud storage",
        "RCLONE_CONFIG_CLOUD_ANONYMOUS": "true",
        "RCLONE_CONFIG_CLOUD_ENDPOINT": f"{server.url}/storage/v1/",
        "RCLONE_CONFIG_CLOUD_PROJECT_NUMBER": "p",
    }
    (tmp_path / "rclone.conf").touch()
    return lambda *words: run(["rclone", *map(str, words)], env)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder with files."""
    folder = tmp_path / "files"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_gcloud(gcloud: Tool, bucket: storage.Bucket, files: Path, tmp_path: Path):
    """`gcloud storage` copies up and down, lists, synchronises and restores."""
    root = f"gs://{bucket.name}"
    gcloud("rsync", "-r", files, f"{root}/up")
    assert {blob.name for blob in bucket.list_blobs()} == {f"up/{name}" for name in FILES}
    listed = gcloud("ls", f"{root}/up/**").splitlines()
    assert sorted(listed) == sorted(f"{root}/up/{name}" for name in FILES)
    (tmp_path / "down").mkdir()
    gcloud("cp", "-r", f"{root}/up/*", tmp_path / "down")
    assert contents(tmp_path / "down") == FILES

    bucket.blob("up/a.txt").delete()
    gcloud("restore", f"{root}/up/a.txt")
    gcloud("cp", f"{root}/up/a.txt", f"{root}/copy")
    assert gcloud("cat", f"{root}/copy") == "small"


def test_rclone(rclone: Tool, bucket: storage.Bucket, files: Path, tmp_path: Path):
    """Rclone copies up and down, between prefixes, and finds no difference."""
    root = f"cloud:{bucket.name}"
    rclone("copy", files, f"{root}/up")
    rclone("sync", f"{root}/up", f"{root}/mirror")
    rclone("check", f"{root}/up", f"{root}/mirror")
    rclone("sync", f"{root}/mirror", tmp_path / "down")
    assert contents(tmp_path / "down") == FILES
    assert sorted(rclone("lsf", "-R", "--files-only", f"{root}/mirror").splitlines()) == sorted(
        FILES
    )
    rclone("deletefile", f"{root}/mirror/a.txt")
    assert bucket.get_blob("mirror/a.txt") is None
