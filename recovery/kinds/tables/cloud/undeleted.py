"""Records which datasets were undeleted and are not yet authorized again in other datasets."""

from collections.abc import Collection, Iterator

from manifests.cloud.objects import Bucket
from manifests.store.bounded import Records
from manifests.store.seal import Seal
from manifests.undelete_layout import UNDELETED_PREFIX, undeleted_name
from manifests.values import Stored


class Undeletion(Stored):
    """One dataset that a command undeletes.

    Attributes:
        own_id: The id of the command.
        is_over: Whether the dataset was authorized again in other datasets since.
    """

    dataset_id: str
    own_id: str
    is_over: bool = False

    @property
    def name(self) -> str:
        """Return the name of its object in the landing bucket."""
        return undeleted_name(self.dataset_id, self.own_id, is_over=self.is_over)


class Undeletions:
    """The records of undeletions.

    Args:
        landing: The bucket where they are kept.
        seal: Signs what is written, and tells what is believed.
        own_id: The id of this command.
    """

    def __init__(self, landing: Bucket, seal: Seal, own_id: str) -> None:
        self._landing = landing
        self._seal = seal
        self._own_id = own_id

    def begin(self, dataset_id: str) -> None:
        """Write down that a dataset is undeleted, before it is.

        When this command is killed, another one makes the next plan, and has to know.

        Raises:
            CloudError: It could not be written.
        """
        self._put(Undeletion(dataset_id=dataset_id, own_id=self._own_id))

    def end(self, dataset_ids: Collection[str]) -> None:
        """Write down that datasets were authorized again in other datasets.

        Raises:
            CloudError: It could not be written.
        """
        for item in self._open():
            if item.dataset_id in dataset_ids:
                self._put(item.model_copy(update={"is_over": True}))

    def open(self) -> set[str]:
        """Return the ids of undeleted datasets that no record calls authorized again.

        Raises:
            CloudError: The records could not be read.
        """
        return {item.dataset_id for item in self._open()}

    def _open(self) -> Iterator[Undeletion]:
        records = Records(self._landing, seal=self._seal, only_believed=True)
        found = [
            item.record
            for item in records.below(UNDELETED_PREFIX, Undeletion)
            if item.record is not None and item.record.name == item.name
        ]
        over = {(item.dataset_id, item.own_id) for item in found if item.is_over}
        return (item for item in found if (item.dataset_id, item.own_id) not in over)

    def _put(self, record: Undeletion) -> None:
        self._landing.put_once(record.name, self._seal.encode(record, subject=record.name))
