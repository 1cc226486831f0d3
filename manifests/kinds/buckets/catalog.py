"""What the catalog says about Cloud Storage."""

from manifests.ids import BucketName
from manifests.kind import CatalogPart


class CatalogBucket(CatalogPart):
    """One protected bucket."""

    bucket: BucketName

    @property
    def name(self) -> str:
        """Return the bucket's name."""
        return self.bucket

    @property
    def written(self) -> str:
        """Return the bucket, as the catalog's writers name it."""
        return f"bucket {self.bucket}"
