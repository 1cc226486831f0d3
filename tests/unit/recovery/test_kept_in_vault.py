"""Records are written into the vault, whatever lies in the landing bucket."""

from datetime import timedelta
from typing import cast

import pytest

from manifests import drill_layout
from manifests.cloud.kept import KeptRecords
from manifests.cloud.objects import Bucket
from manifests.cloud.proofs import Proofs
from manifests.proof_layout import proof_name
from manifests.records_layout import records_folder
from manifests.signing import TrustedKeys
from manifests.store.envelope import encode
from manifests.store.seal import Seal
from tests.unit.drills import BEGUN as DRILL
from tests.unit.drills import NOW
from tests.unit.manifests.test_signing import Signer
from tests.unit.memory import MemoryBucket
from tests.unit.recovery.test_planted_records import PROOF, RECOVERY


def test_what_lies_in_landing_keeps_no_record_out(capsys: pytest.CaptureFixture[str]):
    """The vault has each all the same; what somebody planted there first is told."""
    vault, landing = MemoryBucket(), MemoryBucket()
    records = KeptRecords(cast("Bucket", vault), cast("Bucket", landing), "p")
    signer = Signer()
    seal = Seal(TrustedKeys(signer.pem), signer, "operator")
    name, signed = proof_name(RECOVERY), drill_layout.signed_name(DRILL.drill_id)
    landing.objects |= {name: encode(PROOF), signed: b"planted"}
    assert records.put_once(signed, b"ours") == b"ours"
    assert records.read(signed) == b"ours"
    proven = Proofs(records, seal)
    for _ in range(2):
        proven.record(PROOF)
        assert list(proven.since(NOW - timedelta(days=365), now=NOW)) == [PROOF]
    assert "counts for nothing" not in "".join(capsys.readouterr())
    for planted in (b"planted", encode(PROOF)):
        vault.objects[records_folder("p") + name] = planted
        proven.record(PROOF)
        assert "a proof counts for nothing" in "".join(capsys.readouterr())
