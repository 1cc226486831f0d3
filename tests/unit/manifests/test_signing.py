"""Who wrote a document is told by its signature alone."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.settings import FunctionSettings
from manifests import layout
from manifests.catalog import Retention
from manifests.errors import (
    ManifestFormatError,
    ManifestUntrustedError,
    MisconfiguredError,
    NoRecoveryPointError,
    StrangeObjectError,
    UsageError,
)
from manifests.kinds.tables.kind import TABLES
from manifests.model.run import FileMark, Manifest, Owner, Receipt, RunStart
from manifests.retention import decide
from manifests.selection import RunSummary, alarming, select
from manifests.settings import read_settings
from manifests.signing import NO_KEYS, Signature, TrustedKeys, digest_bytes
from manifests.store.decoded import Started
from manifests.store.envelope import decode, encode
from manifests.store.vault import Vault
from tests.unit.memory import MemoryBucket
from tests.unit.samples import POINT, RUN, games, manifest

NOW = datetime(2026, 11, 25, tzinfo=UTC)
OWNER = Owner(platform=manifest().platform, project=manifest().project)
KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"


class Signer:
    """Signs as Cloud KMS does, with a key of its own."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())

    def __call__(self, digest: str) -> Signature:
        """Sign a digest."""
        value = self.private.sign(digest_bytes(digest), ec.ECDSA(Prehashed(hashes.SHA256())))
        return Signature(key=KEY, value=base64.b64encode(value).decode())

    @property
    def pem(self) -> str:
        """The public key."""
        return pem_of(self.private.public_key())


def pem_of(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> str:
    """Return a public key as Cloud KMS gives it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    """Return who signs."""
    return Signer()


@pytest.fixture
def bucket() -> MemoryBucket:
    """Return an empty bucket."""
    return MemoryBucket()


def vault(bucket: MemoryBucket, trusted: str = "", sign: Signer | None = None) -> Vault:
    """Return the vault in a bucket."""
    return Vault(bucket, OWNER, clock=lambda: NOW, trusted=TrustedKeys(trusted), sign=sign)


START = RunStart(
    run_id=RUN, platform=OWNER.platform, recovery_point=POINT, started_at=POINT, base_run_id=None
)


def state(bucket: MemoryBucket, trusted: str) -> str:
    """Return what a reader who trusts these keys calls the run."""
    return vault(bucket, trusted).summary(RUN).state


def test_what_is_signed_is_trusted(bucket: MemoryBucket, signer: Signer):
    """The run is complete for who trusts the key, also beside others, and says which it was."""
    vault(bucket, signer.pem, signer).put_manifest(manifest())
    for trusted in (signer.pem, Signer().pem + signer.pem, signer.pem + "\n\n" + Signer().pem):
        assert state(bucket, trusted) == "complete"
    reader = vault(bucket, signer.pem)
    assert reader.manifest(RUN) == manifest()
    assert reader.trust(RUN).told == f"signed with {KEY}"


def test_a_manifest_that_was_rewritten_is_not_trusted(bucket: MemoryBucket, signer: Signer):
    """A consistent forgery has no signature, that of another document, or that of another key."""
    vault(bucket, signer.pem, signer).put_manifest(manifest())
    name = layout.manifest_name(RUN)
    genuine = json.loads(bucket.objects[name])
    forged = json.loads(encode(manifest(rebound_version="9")))
    for signature in (None, genuine["signature"], Signer()(forged["digest"]).model_dump()):
        more = {"signature": signature} if signature else {}
        bucket.objects[name] = json.dumps({**forged, **more}).encode()
        assert state(bucket, "") == "complete"
        assert state(bucket, signer.pem) == "untrusted"
        with pytest.raises(ManifestUntrustedError):
            vault(bucket, signer.pem, signer).put_manifest(manifest())


def test_a_start_that_somebody_wrote_begins_no_run(bucket: MemoryBucket, signer: Signer):
    """Without a signature, or with that of another key, it is not gone on with; ours is."""
    name = layout.start_name(RUN)
    for content in (encode(START), encode(START, sign=Signer())):
        bucket.objects[name] = content
        with pytest.raises(StrangeObjectError, match=r"not signed|by no key"):
            vault(bucket, signer.pem, signer).start(START)
        assert vault(bucket).start(START).start == START
    del bucket.objects[name]
    begun = vault(bucket, signer.pem, signer).start(START)
    assert (begun.start, begun.doubt) == (START, "")
    assert vault(bucket, signer.pem, Signer()).start(START) == begun


def test_a_receipt_that_somebody_wrote_during_a_run_is_none(bucket: MemoryBucket, signer: Signer):
    """It names the run's own start, and has not the key."""
    believing = vault(bucket, signer.pem, signer)
    run = believing.start(START)
    name = TABLES.receipt_name(RUN, games().name)
    receipt = Receipt[TABLES.model](  # type: ignore[name-defined]  # a kind's own form
        run_id=RUN, kind="tables", start_generation=run.generation, part=games()
    )
    for content in (encode(receipt), encode(receipt, sign=Signer())):
        bucket.objects[name] = content
        assert vault(bucket).part(run, TABLES, games().name) == games()
        for take in (
            lambda: believing.part(run, TABLES, games().name),
            lambda: believing.put_part(run, TABLES, games()),
        ):
            with pytest.raises(StrangeObjectError, match=r"not signed|by no key"):
                take()
    del bucket.objects[name]
    assert believing.put_part(run, TABLES, games()) == games()
    assert believing.part(run, TABLES, games().name) == games()


def test_what_is_signed_is_no_other_document(signer: Signer):
    """A signature of one sort of document is worth nothing in the place of another."""
    documents = (
        manifest(),
        START,
        Receipt[TABLES.model](run_id=RUN, part=games()),  # type: ignore[name-defined]  # as above
        FileMark(name="a", start_generation=1, sha256="b"),
    )
    for written in documents:
        content = encode(written, sign=signer)
        for other in documents:
            if other is not written:
                with pytest.raises(ManifestFormatError):
                    decode(content, type(other), subject="other")


@pytest.mark.parametrize("value", ["", "%", "AAAA", base64.b64encode(bytes(72)).decode()])
def test_a_signature_of_nonsense_is_none(signer: Signer, value: str):
    """Whatever it holds, it is not believed, and nothing breaks."""
    nonsense = Signature(key=KEY, value=value)
    assert TrustedKeys(signer.pem).trust("sha256:" + "0" * 64, nonsense).state == "untrusted"


@pytest.mark.parametrize(
    "signature", [1, "x", None, {}, {"key": KEY}, {"key": KEY, "value": "x" * 2000}]
)
def test_a_signature_of_another_form_is_no_document_of_ours(signature: object):
    """It is refused before anything is believed of the document."""
    content = json.dumps({**json.loads(encode(manifest())), "signature": signature}).encode()
    with pytest.raises(ManifestFormatError, match="signature"):
        decode(content, Manifest, subject="m")


def test_without_keys_it_works_as_before_and_says_so(bucket: MemoryBucket, signer: Signer):
    """What nobody checked is never called trusted."""
    vault(bucket).put_manifest(manifest())
    reader = vault(bucket)
    reader.manifest(RUN)
    assert (reader.trust(RUN).state, reader.trust(RUN).problem) == ("unsigned", "")
    assert "NOT SIGNED" in reader.trust(RUN).told
    assert NO_KEYS.trust("sha256:00", signer("sha256:" + "0" * 64)).state == ("unchecked")


def test_a_key_that_nobody_trusts_signs_nothing(bucket: MemoryBucket, signer: Signer):
    """A night would otherwise write what the next one does not believe."""
    for write in (
        lambda it: it.put_manifest(manifest()),
        lambda it: it.start(START),
        lambda it: it.put_part(Started(START, 1, POINT), TABLES, games()),
    ):
        with pytest.raises(MisconfiguredError, match="not trusted"):
            write(vault(bucket, Signer().pem, signer))
        assert not bucket.objects


@pytest.mark.parametrize(
    "pem",
    [
        "x",
        pem_of(ec.generate_private_key(ec.SECP384R1()).public_key()),
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()),
        "".join(Signer().pem for _ in range(21)),
    ],
    ids=["no key", "another curve", "another algorithm", "too many"],
)
def test_a_key_that_cannot_be_checked_is_refused_when_read(
    monkeypatch: pytest.MonkeyPatch, pem: str
):
    """Nothing is left to be found out at night."""
    for name, value in (
        ("PROJECT", "platform"),
        ("VAULT_BUCKET", "v-v"),
        ("LANDING_BUCKET", "l-l"),
    ):
        monkeypatch.setenv(f"REBOUND_{name}", value)
    monkeypatch.setenv("REBOUND_TRUSTED_KEYS", pem)
    with pytest.raises(UsageError, match="REBOUND_TRUSTED_KEYS"):
        read_settings(FunctionSettings)
    monkeypatch.setenv("REBOUND_TRUSTED_KEYS", "")
    monkeypatch.setenv("REBOUND_SIGNING_KEY", KEY)
    with pytest.raises(UsageError, match="needs its public key"):
        read_settings(FunctionSettings)


UNTRUSTED = RunSummary(
    run_id=RUN, state="untrusted", recovery_point=POINT, reason="it is not signed"
)


def test_an_untrusted_run_is_chosen_by_its_name_alone():
    """What is chosen by itself is trusted."""
    with pytest.raises(NoRecoveryPointError, match="untrusted: it is not signed"):
        select((UNTRUSTED,))
    assert select((UNTRUSTED,), run_id=RUN).run_id == RUN


def test_an_untrusted_run_counts_for_nothing():
    """It is not the last complete run, and what is newer than that is alarming."""
    genuine = UNTRUSTED.model_copy(
        update={"run_id": "genuine", "state": "complete", "recovery_point": POINT.replace(day=20)}
    )
    policy = Retention(keep_days=35, keep_at_least=1, partial_days=7)
    later = POINT.replace(year=2027)
    decided = {
        item.run_id: item
        for item in decide(
            (UNTRUSTED, genuine),
            policy=policy,
            now=later,
            needs={},
            held=frozenset(),
            active=frozenset(),
        )
    }
    assert decided["genuine"].reason == "the last complete run"
    assert decided[RUN].keep
    assert "a person decides" in decided[RUN].reason
    assert list(alarming((UNTRUSTED, genuine))) == [UNTRUSTED]
    newer = genuine.model_copy(update={"recovery_point": POINT.replace(day=25)})
    assert not list(alarming((UNTRUSTED, newer)))
    old = decide(
        (UNTRUSTED, newer),
        policy=policy,
        now=later,
        needs={},
        held=frozenset(),
        active=frozenset(),
    )
    assert [item.keep for item in old] == [False, True]
