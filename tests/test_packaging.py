"""What is built from this tree: the wheel an operator installs, the bundle that is deployed."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from functions.bundle import DRILL, DRILL_ENTRY_POINT, ENTRY_POINT, write_bundle
from tests.deployed import ROOT, unpacked

SHIPPED = ("functions", "recovery", "manifests")
FUNCTIONS = ("functions", "manifests")
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Build the wheel and return what is in it."""
    directory = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", directory, ROOT], check=True)
    (built,) = directory.glob("rebound-*.whl")
    with zipfile.ZipFile(built) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the bundle and return the folder it was unpacked in."""
    directory = tmp_path_factory.mktemp("bundle")
    return unpacked(write_bundle(ROOT, directory), directory / "unpacked")


def test_drill_has_a_bundle_of_its_own(tmp_path: Path):
    """It is that of the functions with the operator's side, and another main.py joins the two."""
    unpacked(write_bundle(ROOT, tmp_path, DRILL), tmp_path / "drill")
    drill = tmp_path / "drill"
    files = {path.relative_to(drill).as_posix() for path in drill.rglob("*") if path.is_file()}
    data = (".py", ".json", ".j2", ".css", ".sql")
    assert files == sources(SHIPPED, *data) | {"main.py", "requirements.txt"}
    assert (drill / "main.py").read_bytes() == DRILL_ENTRY_POINT
    assert re.fullmatch(r"drill-[0-9a-f]{16}\.zip", max(path.name for path in tmp_path.glob("*-*")))


def sources(packages: tuple[str, ...], *suffixes: str) -> set[str]:
    """Return the files of packages of this checkout by their names from its root."""
    files = (path for package in packages for path in (ROOT / package).rglob("*"))
    return {path.relative_to(ROOT).as_posix() for path in files if path.suffix in suffixes}


def test_wheel_holds_code_and_data(wheel: dict[str, bytes]):
    """The wheel holds every module and every data file of the shipped packages, and no test."""
    expected = sources(SHIPPED, ".py", ".json", ".j2", ".css", ".sql")
    assert {
        "manifests/catalog.json",
        "recovery/report/page.html.j2",
        "recovery/ops/queries/freshness.sql",
    } <= expected
    assert expected <= set(wheel)
    assert not {name for name in wheel if name.startswith("tests/")}


def test_wheel_has_the_command(wheel: dict[str, bytes]):
    """Installing the wheel gives the operator `rebound`."""
    (scripts,) = (wheel[name] for name in wheel if name.endswith(".dist-info/entry_points.txt"))
    assert b"rebound = recovery.cli:main" in scripts


def test_bundle_holds_the_function_and_its_contract(bundle: Path):
    """The bundle is the functions, the contract, a short main.py and pinned requirements."""
    files = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    expected = sources(FUNCTIONS, ".py", ".json")
    assert files == expected | {"main.py", "requirements.txt"}
    assert (bundle / "main.py").read_bytes() == ENTRY_POINT
    requirements = (bundle / "requirements.txt").read_text()
    assert requirements == (ROOT / "requirements" / "runtime.txt").read_text()


def test_bundle_is_the_same_every_time(tmp_path: Path):
    """Equal sources give equal bytes and one name, whatever their times, modes and leftovers."""
    copy = tmp_path / "copy"
    for folder in (*FUNCTIONS, "requirements"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (copy / "functions" / "__pycache__").mkdir()
    (copy / "functions" / "__pycache__" / "main.cpython-313.pyc").write_bytes(b"compiled")

    ours, theirs = write_bundle(ROOT, tmp_path / "ours"), write_bundle(copy, tmp_path / "theirs")
    assert ours.read_bytes() == theirs.read_bytes()
    assert ours.name == theirs.name
    assert hashlib.sha256(ours.read_bytes()).hexdigest()[:16] in ours.name
    assert (tmp_path / "ours" / "functions.zip").read_bytes() == ours.read_bytes()

    with (copy / "functions" / "main.py").open("a") as source:
        source.write("\n")
    assert write_bundle(copy, tmp_path / "changed").name != ours.name


def test_requirements_agree_and_are_hashed():
    """Both lock files pin the same versions with hashes, and name no place to get them from."""
    runtime, dev = (
        (ROOT / "requirements" / name).read_text() for name in ("runtime.txt", "dev.txt")
    )
    assert set(REQUIREMENT.findall(runtime)) < set(REQUIREMENT.findall(dev))
    for lock in (runtime, dev):
        pins = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
        assert len(pins) == len(REQUIREMENT.findall(lock))
        assert not [pin for pin in pins if "--hash=sha256:" not in pin]
        assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links|^ *# .*/opt", lock)


def test_requirements_are_those_of_the_project():
    """Each lock file pins what pyproject.toml asks for, in a version it accepts."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = pyproject["project"]["dependencies"]
    groups = pyproject["dependency-groups"]
    wanted = {"runtime.txt": runtime, "dev.txt": runtime + groups["dev"] + groups["standin"]}
    for name, requirements in wanted.items():
        pins = dict(REQUIREMENT.findall((ROOT / "requirements" / name).read_text()))
        for requirement in map(Requirement, requirements):
            assert requirement.specifier.contains(pins[requirement.name]), (name, requirement)
