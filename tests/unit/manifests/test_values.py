"""A field that there is not fails: when it runs, and before that under mypy."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from manifests.errors import ManifestFormatError
from manifests.store.envelope import decode, encode
from manifests.values import Skew, Stored, Value

ROOT = Path(__file__).resolve().parents[3]
MISSPELT = """
from manifests.values import Stored, Value

class Wanted(Value):
    exact: bool = False

class Kept(Stored):
    exact: bool = False

Wanted(exact=True), Kept(exact=True)
Wanted(exakt=True)
Kept(exakt=True)
"""


class Wanted(Value):
    """What an operator asks for."""

    exact: bool = False


class Kept(Stored):
    """What a run says of itself."""

    exact: bool = False


def test_a_value_has_no_field_but_its_own():
    """A field that is misspelt is refused; it does not count as left out."""
    with pytest.raises(ValidationError, match="exakt"):
        Wanted.model_validate({"exakt": True})


@pytest.mark.parametrize("kind", [Wanted, Kept])
def test_a_copy_has_no_field_but_its_own(kind: type[Value]):
    """What our own code changes in a copy is a field, of what is stored, too."""
    assert kind().model_copy(update={"exact": True}) == kind.model_validate({"exact": True})
    with pytest.raises(TypeError, match="has no exakt"):
        kind().model_copy(update={"exakt": True})


def test_what_is_stored_keeps_what_it_does_not_know():
    """A field of a later version is there after a round trip, and in a copy."""
    later = Kept.model_validate({"exact": True, "later": [1]})
    copied = later.model_copy(update={"exact": False})
    assert decode(encode(copied), Kept, subject="k").model_dump() == {"exact": False, "later": [1]}


def test_a_later_versions_plan_is_not_carried_out_in_part():
    """What is to be done and not understood is refused, with what helps."""
    later = Kept.model_validate({"exact": True, "sparing": ["a"]})
    with pytest.raises(ManifestFormatError, match="sparing: this version does not know it") as told:
        decode(encode(later), Wanted, subject="plan.json")
    assert "the Rebound version that wrote it" in str(told.value.hint)


@pytest.mark.parametrize(
    ("subject", "about"),
    [
        ("definitions of nba", ("tables", "nba")),
        ("settings of database (default)", ("databases", "(default)")),
        ("settings of bucket my-bucket.eu", ("buckets", "my-bucket.eu")),
        ("metadata of 3 objects in bucket my-bucket", ("buckets", "my-bucket")),
        ("1 objects in bucket a-b, deleted since (x in bucket c-d, y\n),", ("buckets", "a-b")),
        ("what was deleted from bucket a-b before, of which", ("buckets", "a-b")),
        ("something else", ("", "")),
    ],
)
def test_what_a_skew_is_about_is_read_out_of_words_of_earlier_formats(
    subject: str, about: tuple[str, str]
):
    """A run before format 1.3 has words alone; the word for one bucket is not that of another."""
    read = Skew.model_validate({"subject": subject, "skew_seconds": 1})
    assert (read.kind, read.name, read.subject) == (*about, subject)


def test_what_a_skew_says_it_is_about_is_believed():
    """From format 1.3 on nobody looks at the words."""
    said = Skew(kind="topics", name="t", subject="definitions of nba", skew_seconds=1)
    assert Skew.model_validate(said.model_dump()) == said


def test_mypy_refuses_a_misspelt_field(tmp_path: Path):
    """Of a value and of what is stored; the settings of mypy are those of the project."""
    snippet = tmp_path / "snippet.py"
    snippet.write_text(MISSPELT)
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml"]
    done = subprocess.run(
        [*command, "--cache-dir", tmp_path / "cache", snippet],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r":([0-9]+): error: .* argument \"exakt\" for \"([A-Za-z]+)\"", done.stdout)
    lines = MISSPELT.splitlines()
    wanted = [(lines.index(f"{name}(exakt=True)") + 1, name) for name in ("Wanted", "Kept")]
    assert [(int(line), name) for line, name in found] == wanted, done.stdout + done.stderr
