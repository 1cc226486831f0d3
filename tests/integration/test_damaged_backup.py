"""A stored backup that is not whole: found by `verify`, refused by `recover`, nothing changed."""

import hashlib
import json
from collections.abc import Callable

import pytest

from manifests.model.run import FORMAT_VERSION
from tests.harness import Rebound
from tests.integration import lake
from tests.integration.damages import DAMAGES, destroy
from tests.integration.state import renew_vault, state
from tests.served import Function

SCENARIO = "bigquery-dataset-loss"
RUN = "night"


def data_name(rebound: Rebound) -> str:
    """Return one data file of the games table."""
    names = [
        blob.name for blob in rebound.vault.list_blobs(prefix=f"runs/{RUN}/tables/lake.games/")
    ]
    return min(names)


def manifest_name() -> str:
    """Return the manifest's name."""
    return f"runs/{RUN}/manifest.json"


def flip_byte(rebound: Rebound) -> None:
    """Rot one stored byte; nothing that Cloud Storage says about the object changes."""
    rebound.cloud.order("storage", "corrupt", bucket=rebound.vault.name, object=data_name(rebound))


def lose_file(rebound: Rebound) -> None:
    """Delete a data file."""
    rebound.vault.blob(data_name(rebound)).delete()


def replace_file(rebound: Rebound) -> None:
    """Upload other content under the name of a data file."""
    rebound.vault.blob(data_name(rebound)).upload_from_string(b"Obj\x01")


def add_files(rebound: Rebound) -> set[str]:
    """Put a file beside the listed ones, and one directly below the run's folder."""
    names = {data_name(rebound).rsplit("/", 1)[0] + "/9999.avro", f"runs/{RUN}/extra\x1b[31m"}
    for name in names:
        rebound.vault.blob(name).upload_from_string(b"surplus")
    return names


def edit_manifest(edit: Callable[[bytes], bytes]) -> Callable[[Rebound], None]:
    """Return what replaces a manifest by an edited one."""

    def spoil(rebound: Rebound) -> None:
        blob = rebound.vault.blob(manifest_name())
        blob.upload_from_string(edit(blob.download_as_bytes()))

    return spoil


def other_version(content: bytes) -> bytes:
    """Return a manifest that says it has a later major version, with the digest of the old one."""
    envelope = json.loads(content)
    envelope["document"]["format_version"] = "2.0"
    return json.dumps(envelope).encode()


def later_format(content: bytes) -> bytes:
    """Return a manifest as a later Rebound would have written it, with its own digest."""
    document = {**json.loads(content)["document"], "format_version": "9.0"}
    form = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}
    digest = hashlib.sha256(json.dumps(document, **form).encode()).hexdigest()
    return json.dumps({"digest": f"sha256:{digest}", "document": document}).encode()


def lose_manifest(rebound: Rebound) -> None:
    """Delete the manifest."""
    rebound.vault.blob(manifest_name()).delete()


DAMAGED = {
    "flipped byte": flip_byte,
    "missing file": lose_file,
    "replaced file": replace_file,
    "truncated manifest": edit_manifest(lambda content: content[: len(content) // 2]),
    "empty manifest": edit_manifest(lambda _: b""),
    "altered manifest": edit_manifest(
        lambda content: content.replace(b'"row_count":0', b'"row_count":1')
    ),
    "manifest of another version": edit_manifest(other_version),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_backup_is_refused(rebound: Rebound, function: Function, name: str):
    """`verify` names the damage with exit 4, and `recover` refuses before anything is changed."""
    function.complete(RUN)
    assert "objects are what the manifest says" in rebound.run("verify", RUN).stdout
    DAMAGED[name](rebound)
    found = rebound.run("verify", RUN, code=4)
    assert "error: " in found.stderr
    assert "hint: " in found.stderr
    leans = [item["damaged_parts"] for item in rebound.json("list")]
    assert leans == [[] if "manifest" in name else [lake.GAMES]]

    destroy(rebound, DAMAGES["emptied"])
    damaged = state(rebound)
    rebound.run("recover", SCENARIO, "--run", RUN, "--yes", code=3 if "manifest" in name else 4)
    assert state(rebound) == damaged
    assert not list(rebound.landing.list_blobs(prefix="recoveries/"))


def test_a_damaged_manifest_is_not_passed_over(rebound: Rebound, function: Function):
    """Without the name of a run, `verify` tells of a damaged one, and why, though others are whole."""
    function.complete("older")
    function.complete(RUN)
    whole = rebound.vault.blob(manifest_name()).download_as_bytes()
    damages = {**DAMAGED, "manifest of a later format": edit_manifest(later_format)}
    for name, told in (
        ("truncated manifest", "not a whole JSON document"),
        ("altered manifest", "digest"),
        (
            "manifest of a later format",
            f"is not one this version reads ({FORMAT_VERSION}): upgrade",
        ),
    ):
        damages[name](rebound)
        for words in ((), ("--all",)):
            found = rebound.run("verify", *words, "--quick", code=4)
            assert "older: " in found.stdout
            assert f"{RUN}: damaged: " in found.stdout
            assert told in found.stdout + found.stderr
        rebound.vault.blob(manifest_name()).upload_from_string(whole)
    rebound.run("verify", "--all", "--quick")


def test_damage_of_one_table_does_not_block_the_others(rebound: Rebound, function: Function):
    """The refusal says how the others come back, and from which run the damaged one does."""
    function.complete("older", full=True)
    function.complete(RUN, full=True)
    before = state(rebound)
    lose_file(rebound)
    for damage in ("emptied", "awkward types gone"):
        destroy(rebound, DAMAGES[damage])
    words = ("recover", SCENARIO, "--yes", "--from-vault", "--run", RUN)
    refused = rebound.run(*words, code=4).stderr
    assert f"`--exclude {lake.GAMES}` recovers the others" in refused
    assert f"`--table {lake.GAMES} --run older` takes it from" in refused
    rebound.run(*words, "--exclude", lake.GAMES)
    rebound.run("recover", SCENARIO, "--yes", "--table", lake.GAMES, "--run", "older")
    assert state(rebound) == before


def test_the_next_night_stores_damage_anew(rebound: Rebound, function: Function):
    """A file whose bytes rotted, which only `verify` sees, is not what the next run leans on."""
    function.complete(RUN)
    flip_byte(rebound)
    rebound.run("verify", RUN, code=4)
    rebound.run("verify", RUN, "--quick")
    planned = rebound.run("plan", SCENARIO, "--from-vault").stdout
    assert f"LEANS ON A DAMAGED FILE  {lake.GAMES}: `rebound verify {RUN}`" in planned
    function.complete("next")
    # Both nights can be of one minute, so that the later one is named.
    planned = rebound.run("plan", SCENARIO, "--from-vault", "--run", "next").stdout
    assert "DAMAGED FILE" not in planned
    leans = {item["run_id"]: item["damaged_parts"] for item in rebound.json("list")}
    assert leans == {RUN: [lake.GAMES], "next": []}
    rebound.run("verify", "next")
    exports = [export for table in rebound.manifest("next").tables for export in table.exports]
    assert {export.run_id for export in exports} == {RUN, "next"}


def test_surplus_file_is_found(rebound: Rebound, function: Function):
    """A file anywhere in the run's folder that no document lists is named, and restores nothing."""
    function.complete(RUN)
    before = state(rebound)
    names = add_files(rebound)
    for words in ((), ("--quick",)):
        verdict = rebound.json("verify", RUN, *words, code=4)
        assert {item["subject"] for item in verdict["findings"]} == names
    found = rebound.run("verify", RUN, "--quick", code=4).stdout
    assert f"runs/{RUN}/extra\\x1b[31m: object is not in the manifest" in found
    destroy(rebound, DAMAGES["emptied"])
    rebound.run("recover", SCENARIO, "--run", RUN, "--yes", "--overwrite", "*")
    assert state(rebound) == before


def test_copied_vault_still_restores(rebound: Rebound, function: Function):
    """The same bytes under other generations are named apart, and a recovery reads them."""
    function.complete(RUN)
    before = state(rebound)
    # A byte that changes on its way is no damage.
    with rebound.cloud.fault("storage", "storage.objects.get", "flip", match=r"\.avro.*alt=media"):
        files = rebound.json("verify", RUN)["objects"]
    renew_vault(rebound)
    assert rebound.json("verify", RUN)["other_generations"] == files
    destroy(rebound, DAMAGES["emptied"])
    rebound.run("recover", SCENARIO, "--run", RUN, "--yes", "--overwrite", "*", "--from-vault")
    assert state(rebound) == before


def test_run_without_manifest_is_no_backup(rebound: Rebound, function: Function):
    """Without its manifest a run is partial, whatever else is there."""
    function.complete(RUN)
    lose_manifest(rebound)
    assert [run["state"] for run in rebound.json("list")] == ["partial"]
    rebound.run("verify", RUN, code=4)
    rebound.run("show", RUN, code=4)
    rebound.run("plan", SCENARIO, code=3)


def test_damage_is_told_as_json(rebound: Rebound, function: Function):
    """With `--json` findings go to stdout and the error, as one JSON line, to stderr."""
    function.complete(RUN)
    flip_byte(rebound)
    done = rebound.run("verify", RUN, "--json", code=4)
    verdict = json.loads(done.stdout)
    assert verdict["findings"][0]["aspect"] == "crc32c of its bytes"
    assert json.loads(done.stderr)["exit_code"] == 4


def test_rows_of_lake_are_real(rebound: Rebound):
    """The platform of these tests has what they claim: nulls, twins, unicode and extremes."""
    games = lake.rows(rebound, lake.GAMES)
    assert len(games) == 205
    assert len(set(games)) == 203
    assert any("Dončić" in row for row in games)
    assert any("9223372036854775807" in row for row in games)
    assert not lake.rows(rebound, lake.EMPTY)
