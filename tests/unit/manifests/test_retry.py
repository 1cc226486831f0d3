"""Lists that Google Cloud gives, without the locations that it cannot reach."""

import pytest
from google.api_core.exceptions import ServiceUnavailable

from manifests.cloud.retry import calling, require_whole
from manifests.errors import CloudError


def test_a_list_without_a_location_is_none():
    """What is there would pass for not being there."""
    require_whole([], "datasets of p")
    with pytest.raises(CloudError, match="cannot reach locations/eu, locations/us") as caught:
        require_whole(["locations/eu", "locations/us"], "datasets of p")
    assert caught.value.retryable


def test_a_call_that_costs_much_is_made_less_often():
    """As often as is allowed, and what the last try raised is raised."""
    tries = []

    def call() -> None:
        tries.append(1)
        message = "later"
        raise ServiceUnavailable(message)

    with pytest.raises(ServiceUnavailable):
        calling(call, attempts=2)
    assert len(tries) == 2
