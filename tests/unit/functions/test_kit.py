"""What a kit holds: words that stay words, and statements that bring back what a manifest says."""

import io
import subprocess
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.kit.contents import kit_bytes, without_commands
from functions.kit.script import KitStep, ShellCommand, Variable, separated, stem, vault_uris
from functions.kit.writing import with_kit
from manifests.encoding import decode_sql
from manifests.errors import SourceUnreadableError, UnsafeNameError
from manifests.kinds.resources.model import ResourceBackup
from manifests.kit_layout import check_kit_name, kit_name
from manifests.store.consistency import check_manifest
from manifests.values import StoredObject
from tests.fuzz.whole import BUCKET
from tests.unit.memory import MemoryBucket
from tests.unit.samples import GAMES, POINT, RUN, games, manifest

HOSTILE = 'x\'; touch pwned $(touch pwned) `touch pwned` "$HOME"\n# touch pwned'


class NamedBucket(MemoryBucket):
    """A bucket in memory that has a name."""

    name = "the-vault"


def kit(**changes: Any) -> dict[str, str]:  # noqa: ANN401 - fields of the model
    """Return the files of the kit of the sample run, its steps by their names without numbers."""
    with ZipFile(io.BytesIO(kit_bytes(manifest(**changes), {}, "the-vault"))) as packed:
        read = {name: packed.read(name).decode() for name in packed.namelist()}
    return {
        f"steps/{name.partition('-')[2]}" if name.startswith("steps/") else name: content
        for name, content in read.items()
    }


def step(sort: str, name: str, **changes: Any) -> str:  # noqa: ANN401 - fields of the model
    """Return the script of one step of the sample run."""
    return kit(**changes)[f"steps/{sort}-{stem(name)}.sh"]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=30
    )
)
def test_each_word_reaches_its_command_as_it_is(words: list[str]):
    """Whatever is in a word, a shell hands it over whole: nothing of it is a command."""
    line = ShellCommand(("printf", r"%s\0", *words, (Variable.VAULT, "end"))).line()
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"VAULT": "a b"}, capture_output=True, check=True
    )
    assert done.stdout.decode().split("\0")[:-1] == [*words, "a bend"]


def test_a_word_that_no_command_takes_is_refused():
    """A NUL would end the word, and a longer one no kernel takes."""
    for word in ("a\0b", "x" * 130_000):
        with pytest.raises(SourceUnreadableError):
            ShellCommand(("bq", word)).line()


def test_addresses_are_cut_into_words_that_a_command_takes():
    """However many files an export has, each word is short enough, and none is lost."""
    names = [f"runs/r/{number:0900d}.avro" for number in range(500)]
    words = vault_uris(names)
    assert len(words) > 1
    lines = [ShellCommand(("bq", word)).line() for word in words]
    assert sum(line.count(".avro") for line in lines) == 500
    assert all(len(line) < 130_000 for line in lines)


def test_pairs_are_separated_by_what_is_in_none_of_them():
    """`gcloud` is told what stands between pairs."""
    assert separated({"a": "1,2", "b": "@0@"}) == "^@1@^a=1,2@1@b=@0@"


def test_texts_of_a_manifest_are_no_commands():
    """A description that would be a command in a shell is a word of one, and ends no comment."""
    table = games()
    table = table.model_copy(update={"resource": {**GAMES, "description": HOSTILE}})
    script = step("table", "nba.games", tables=(table,))
    command = next(line for line in script.split("\nbq ") if "mk" in line)
    shown = subprocess.run(
        ["/bin/sh", "-c", f"bq() {{ printf '%s\\0' \"$@\"; }}; bq {command}"],
        env={"PROJECT": "other"},
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert f"--description={HOSTILE}" in shown.split("\0")
    assert "--project_id=other" in shown.split("\0")


def test_a_table_is_made_as_it_was():
    """Partitioning, clustering, filter, labels and columns with their tags are set before any row."""
    script, found = step("table", "nba.games"), kit()
    for flag in (
        "--time_partitioning_type=DAY --time_partitioning_field=game_date",
        "--clustering_fields=team",
        "--require_partition_filter",
        "--label=tier:critical",
        "nba.games",
    ):
        assert flag in script
    assert "# not brought back: tableConstraints" in script
    assert "taxonomies/1/tags/2" in found[f"files/{stem('nba.games')}.schema.json"]
    protected = step("protection", "nba.games")
    assert "'--filter_predicate=team = SESSION_USER()'" in protected
    assert "--grantees=group:scouts@example.com,user:coach@example.com" in protected


def test_rows_come_from_the_exports_that_partitions_name():
    """Each export is decoded by the inverse of its encoding, and gives its own partitions alone."""
    found, name = kit(), stem("nba.games")
    old, new = (found[f"files/{name}.{number:05d}.sql"] for number in range(2))
    raw = old.rpartition("DROP TABLE ")[2].strip("`;")
    assert decode_sql(raw, GAMES) in old
    assert "IN ('20241231', '__NULL__')" in old
    assert "IN ('20250101')" in new
    assert "ST_GEOGFROMTEXT" in old
    script = found[f"steps/rows-{name}.sh"]
    assert script.count("load --replace") == 2
    assert f'gs://"${{VAULT}}"/{games().exports[0].objects[0].name}' in script
    assert f"python3 check.py rows nba.games answers/{name}.json" in script


def test_rows_by_arrival_are_given_their_partition():
    """Where no column tells the partition, the export does."""
    sql = kit()[f"files/{stem('nba.arrivals')}.00000.sql"]
    assert "INSERT INTO `nba.arrivals` (_PARTITIONTIME, `payload`)" in sql
    assert "TIMESTAMP '2026-11-24 07:00:00+00:00'" in sql


def test_what_cannot_be_written_is_told_and_stops_nothing_else():
    """A table that no command makes is a step without one, and the others are as they were."""
    odd = games().model_copy(update={"resource": {**GAMES, "labels": {"a:b": "c"}}})
    found = kit(tables=(odd, *manifest().tables[1:]))
    assert (
        "not brought back: all of it: 'a:b': is no label"
        in found[f"steps/table-{stem('nba.games')}.sh"]
    )
    assert f"steps/rows-{stem('nba.arrivals')}.sh" in found
    assert "nba.games: all of it" in found["README.txt"]


def test_documents_that_are_written_fire_triggers_and_the_kit_says_so():
    """Whoever writes into a database that is still there stops first what its triggers start."""
    assert "fire for each document that is written" in kit()["README.txt"]


def test_what_is_paused_by_hand_can_be_resumed_as_it_was():
    """A transfer keeps its schedule, and what a subscription pushed to is kept in a file first."""
    told = kit()["README.txt"]
    assert "?updateMask=disabled'" in told
    assert "bq update --transfer_config" not in told
    kept, forgotten = told.index(">SUBSCRIPTION.push.json"), told.index("--push-endpoint=")
    assert kept < forgotten < told.index("-d @SUBSCRIPTION.push.json")
    assert "$(gcloud auth print-access-token)" in told


def test_the_same_run_has_the_same_kit():
    """A try that is repeated writes the same bytes under the same name."""
    first, second = (kit_bytes(manifest(), {}, "the-vault") for _ in range(2))
    assert first == second
    assert kit_name(RUN, first) == kit_name(RUN, second)


def test_a_manifest_names_its_kit_and_no_other():
    """The kit is stored before the manifest; those of earlier attempts are abandoned."""
    vault: Any = NamedBucket()
    vault.put_once(f"runs/{RUN}/kit/{'0' * 32}.zip", b"of an earlier attempt")
    made = with_kit(manifest(), vault)
    assert made.kit is not None
    assert made.kit.name in vault.objects
    assert made.abandoned[-1].name == f"runs/{RUN}/kit/{'0' * 32}.zip"
    check_manifest(made)
    with pytest.raises(UnsafeNameError):
        check_kit_name(made.kit.name, manifest(run_id="another").run_id)
    for name in (f"runs/{RUN}/kit/../x.zip", f"runs/{RUN}/kit/{'0' * 32}.sh"):
        with pytest.raises(UnsafeNameError):
            check_manifest(
                made.model_copy(update={"kit": made.kit.model_copy(update={"name": name})})
            )


def test_a_run_without_a_kit_says_so():
    """A kit that cannot be made is no obstacle to a backup, and no secret."""
    vault: Any = NamedBucket()
    lost = StoredObject(name="gone.jsonl", size_bytes=1, crc32c="", generation=1, row_count=1)
    resources = (ResourceBackup(type="pubsub/topic", read_at=POINT, entries=(), stored=lost),)
    made = with_kit(manifest(resources=resources), vault)
    assert made.kit is None
    (lacking,) = made.lacking
    assert (lacking.part, lacking.message) == (
        "kit",
        "BackupDamagedError: gone.jsonl: it is not there any more",
    )


def test_what_is_told_ends_no_comment():
    """A name that holds the end of a line is shown without it."""
    odd = KitStep("x", "a\ntouch pwned\r", (), left=("b\u2028\ntouch pwned",)).script()
    assert not [line for line in odd.splitlines() if line.startswith("touch")]


def test_what_names_its_project_does_nothing_in_another():
    """An account, a topic or a target of the original would be acted on."""
    script = KitStep(
        "pubsub-topic", "t", (ShellCommand(("echo", "made")),), only_in="platform"
    ).script()
    for project, said in (("platform", ("made\n", "")), ("other", ("", "left: "))):
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", script],
            env={"PROJECT": project, "VAULT": "v"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout, done.stderr[:6]) == said


def test_checksums_are_asked_for_where_a_key_hides_them():
    """A list tells none of what is under a key of Cloud KMS (gcloud storage objects list)."""
    lines = "\n".join(kit(buckets=(BUCKET,)).values()).splitlines()
    listings = [line for line in lines if "storage objects list" in line and "crc32c" in line]
    assert len(listings) > 1
    assert all("--fetch-encrypted-object-hashes" in line for line in listings)


def test_a_step_that_does_nothing_fails():
    """What no command makes is passed over by who restores, and never without a word."""
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", KitStep("view", "v", (), left=("all of it: 'x'",)).script()],
        env={"PROJECT": "p", "VAULT": "v"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "left: all of it: 'x'\n"


def test_a_kind_without_commands_is_told_of():
    """Each part of it has a step that fails, so that nobody takes the kit for whole."""
    run = manifest()
    assert not list(without_commands(run))
    steps = list(without_commands(run, written=frozenset()))
    assert [item.name for item in steps] == [part.name for _, part in run.every_part]
    assert all("exit 1" in item.script() and item.left for item in steps)


def test_a_kit_that_was_there_before_is_named_by_no_manifest():
    """Its name can be computed; what lies under it is compared, and a run without a kit says so."""
    bucket, run = NamedBucket(), manifest()
    with_kit(run, bucket)
    (name,) = bucket.objects
    bucket.objects[name] = b"rm -rf /"
    made = with_kit(run, bucket)
    assert made.kit is None
    assert "it was there, and is another" in made.lacking[-1].message
