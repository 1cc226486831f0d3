"""Decisions that are shipped are nobody's, until one command puts a name to them."""

import shutil
import subprocess
from pathlib import Path

from manifests.catalog import Catalog, load_catalog
from manifests.catalog_decisions import SHIPPED, confirming
from recovery.doctor.rules import coverage
from recovery.doctor.rules.problem import Problem
from recovery.health import Health
from tests.deployed import ROOT

CONFIRM = confirming(SHIPPED)
_BASH = shutil.which("bash") or "/bin/bash"


def test_decisions_of_nobody_are_told_with_what_confirms_them(tmp_path: Path):
    """The command is that of the guide; once it was typed nothing is told of them any more."""

    def told(catalog: Catalog) -> list[Problem]:
        day = catalog.left_out[0].decided_on
        return [it for it in coverage.decision_problems(catalog, on=day) if "confirmed" in it.what]

    (found,) = told(load_catalog())
    assert (found.health, found.what[:12]) == (Health.WARNING, "2 decisions ")
    assert found.mend == CONFIRM
    assert CONFIRM in (ROOT / "runbooks" / "deploy.md").read_text().replace("<NAME>", "NAME")
    (other,) = (
        it
        for it in coverage.decision_problems(
            load_catalog(), on=load_catalog().left_out[0].decided_on, catalog_file=Path("o wn.json")
        )
        if "confirmed" in it.what
    )
    assert other.mend.endswith(" 'o wn.json'")
    folder = tmp_path / "manifests"
    folder.mkdir()
    shutil.copy(ROOT / "manifests" / "catalog.json", folder)
    command = CONFIRM.replace("NAME", "Ada")
    subprocess.run([_BASH, "-c", command], cwd=tmp_path, check=True)
    confirmed = load_catalog(folder / "catalog.json")
    assert told(confirmed) == []
    assert {it.decided_by for it in confirmed.left_out} == {"Ada"}
