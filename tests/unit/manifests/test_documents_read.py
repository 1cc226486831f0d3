"""What Firestore may not leave out of an answer."""

import pytest
from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp
from pytest_mock import MockerFixture

from manifests.cloud.documents import Documents
from manifests.cloud.firestore import Connection
from manifests.errors import CloudError
from manifests.names import EVERYTHING

_ROOT = "projects/p/databases/(default)/documents"


def test_a_document_without_its_time_is_not_read(mocker: MockerFixture):
    """One that was overwritten would look quiet to a fence; no emulator leaves the time out."""
    answer = types.RunQueryResponse.pb()(read_time=Timestamp(seconds=9))
    answer.document.name = f"{_ROOT}/c/d"
    answer.document.create_time.seconds = 8
    connection = mocker.Mock(spec=Connection, root=_ROOT, database="projects/p/databases/(default)")
    connection.stream.return_value = [answer]
    with pytest.raises(CloudError, match="did not say when it was written") as raised:
        list(Documents(connection).read(EVERYTHING, only_names=True))
    assert raised.value.subject == f"{_ROOT}/c/d"
