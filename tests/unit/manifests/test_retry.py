"""Lists that Google Cloud gives, without the locations that it cannot reach."""

import pytest

from manifests.cloud.retry import require_whole
from manifests.errors import CloudError


def test_a_list_without_a_location_is_none():
    """What is there would pass for not being there."""
    require_whole([], "datasets of p")
    with pytest.raises(CloudError, match="cannot reach locations/eu, locations/us") as caught:
        require_whole(["locations/eu", "locations/us"], "datasets of p")
    assert caught.value.retryable
