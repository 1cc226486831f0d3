"""What is signed for the second place of the configuration counts in the vault for nothing."""

import pytest

from functions.second_place import configuration_of
from manifests import layout
from manifests.errors import ManifestAlteredError
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from manifests.store.vault import Vault
from tests.unit.manifests.test_signing import NOW, OWNER, Signer
from tests.unit.memory import MemoryBucket
from tests.unit.samples import RUN, manifest


def test_a_manifest_of_the_second_place_is_none_of_the_vault():
    """It is signed, and so is its mark: copied where a run was killed it would be a run without data."""
    bucket, signer = MemoryBucket(), Signer()
    place = OWNER.model_copy(update={"place": "configuration"})
    keys = TrustedKeys(signer.pem)
    second = Vault(MemoryBucket(), place, clock=lambda: NOW, trusted=keys, sign=signer)
    own = configuration_of(manifest())
    for seal in (second.seal, Seal()):
        name = layout.manifest_name(RUN)
        bucket.objects[name] = seal.encode(own, subject=name)
        assert Vault(bucket, place, clock=lambda: NOW).summary(RUN).state == "complete"
        for trusted in ("", signer.pem):
            read = Vault(
                bucket,
                OWNER,
                clock=lambda: NOW,
                trusted=TrustedKeys(trusted),
                sign=signer if trusted else None,
            )
            assert read.summary(RUN).state == "damaged"
            with pytest.raises(ManifestAlteredError, match="second place"):
                read.put_manifest(manifest())
    # One of an older version does not say where it is.
    assert second.put_manifest(own) == own
    bucket.objects[name] = encode(own.model_copy(update={"place": ""}))
    assert Vault(bucket, place, clock=lambda: NOW).summary(RUN).state == "complete"
