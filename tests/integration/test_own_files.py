"""What a run takes over of what it finds in its folder is what it wrote, and nothing else."""

from collections.abc import Callable, Mapping

import pytest

from functions.own_files import OwnFiles
from manifests.cloud.clients import storage_api
from manifests.cloud.objects import Bucket
from manifests.errors import CloudError, StrangeObjectError
from manifests.signing import TrustedKeys
from manifests.store.decoded import Started
from manifests.store.seal import Seal
from tests.harness import Rebound
from tests.unit.forged import fitting
from tests.unit.manifests.test_signing import START, Signer
from tests.unit.samples import POINT

NAME, OTHER, CONTENT = "runs/tonight/file", "runs/tonight/other", b"content"
SIGNER = Signer()
SIGNING = Seal(TrustedKeys(SIGNER.pem), SIGNER)


def files(rebound: Rebound, seal: Seal = SIGNING, *, generation: int = 7) -> OwnFiles:
    """Return the files of a run whose start record has a generation."""
    bucket = Bucket(storage_api(rebound.project), rebound.vault.name)
    return OwnFiles(bucket, Started(START, generation, POINT), seal)


def said(rebound: Rebound, name: str) -> Mapping[str, str]:
    """Return what is said of a file beside its content."""
    blob = rebound.vault.get_blob(name)
    assert blob is not None
    return dict(blob.metadata)


def plant(rebound: Rebound, content: bytes, metadata: Mapping[str, str] | None) -> None:
    """Write a file as somebody would who has no key."""
    blob = rebound.vault.blob(NAME)
    blob.metadata = metadata
    blob.upload_from_string(content)


@pytest.mark.parametrize("seal", [SIGNING, Seal()], ids=["signed", "unsigned"])
def test_a_run_takes_over_what_it_wrote(new_rebound: Callable[..., Rebound], seal: Seal):
    """Each attempt is given what the first one stored, also where that one's answer was lost."""
    rebound = new_rebound()
    with rebound.cloud.fault("storage", "storage.objects.insert", "lost"):
        first = files(rebound, seal).put_once(NAME, CONTENT)
    assert first.content == CONTENT
    assert files(rebound, seal).read(NAME) == first
    assert files(rebound, seal).put_once(NAME, b"another") == first
    assert files(rebound, seal).read(OTHER) is None
    empty = files(rebound, seal).put_once(OTHER, b"")
    assert files(rebound, seal).read(OTHER) == empty


def test_who_may_only_create_reads_what_is_there(new_rebound: Callable[..., Rebound]):
    """Cloud Storage may refuse the replacement before it looks at the condition."""
    rebound = new_rebound()
    api = storage_api(rebound.project)
    landing, vault = (Bucket(api, it.name) for it in (rebound.landing, rebound.vault))
    denied = {"status": 403, "times": None}
    with (
        rebound.cloud.fault("storage", "storage.objects.insert", "status", **denied),
        pytest.raises(CloudError, match="403"),
    ):
        vault.put_once(NAME, b"another")
    assert vault.put_once(NAME, CONTENT) == CONTENT
    rebound.landing.blob("a").upload_from_string(CONTENT)
    found = landing.info("a")
    assert found is not None
    first = vault.copy_here(landing, found, OTHER)
    with (
        rebound.cloud.fault("storage", "storage.objects.insert", "status", **denied),
        rebound.cloud.fault("storage", "storage.objects.rewrite", "status", **denied),
    ):
        assert vault.put_once(NAME, b"another") == CONTENT
        assert vault.copy_here(landing, found, OTHER) == first
        with pytest.raises(CloudError, match="403"):
            vault.copy_here(landing, found, f"{OTHER}-new")


def test_a_copy_is_of_its_source(new_rebound: Callable[..., Rebound]):
    """One whose answer was lost is ours; what somebody made to fit its checksum is not."""
    rebound = new_rebound()
    api = storage_api(rebound.project)
    landing, vault = (Bucket(api, it.name) for it in (rebound.landing, rebound.vault))
    rebound.landing.blob("a").upload_from_string(CONTENT)
    found = landing.info("a")
    assert found is not None
    with rebound.cloud.fault("storage", "storage.objects.rewrite", "lost"):
        first = vault.copy_here(landing, found, NAME)
    assert vault.copy_here(landing, found, NAME) == first
    for planted in (fitting(CONTENT), CONTENT + b"!"):
        rebound.vault.blob(NAME).upload_from_string(planted)
        with pytest.raises(StrangeObjectError, match="something else lies there"):
            vault.copy_here(landing, found, NAME)


def test_a_run_takes_over_nothing_else(new_rebound: Callable[..., Rebound]):
    """Whatever somebody writes there who has not the key, or who knew not how the run began."""
    rebound = new_rebound()
    ours, unsigned = files(rebound), files(rebound, Seal())
    ours.put_once(OTHER, CONTENT)
    genuine = said(rebound, OTHER)
    unsigned.put_once(NAME, CONTENT)
    forged = said(rebound, NAME)
    for metadata, content, reason in (
        (None, CONTENT, "does not say which run wrote it"),
        ({"rebound": "{"}, CONTENT, "cannot be read"),
        ({"rebound": "\u0161"}, CONTENT, "cannot be read"),
        (genuine, CONTENT, "not what this run wrote there"),
        (forged, CONTENT, "it is not signed"),
        (forged, b"CONTENT", "not what this run wrote there"),
        (forged, bytes(33 * 1024 * 1024), "it has 34,603,008 bytes"),
    ):
        plant(rebound, content, metadata)
        for take in (lambda: ours.read(NAME), lambda: ours.put_once(NAME, CONTENT)):
            with pytest.raises(StrangeObjectError, match=reason):
                take()
    plant(rebound, CONTENT, forged)
    assert unsigned.read(NAME) is not None
    with pytest.raises(StrangeObjectError, match="not what this run wrote there"):
        files(rebound, Seal(), generation=8).read(NAME)
