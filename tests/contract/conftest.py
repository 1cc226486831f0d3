"""Every contract test of a service goes through the switch, and is held to that wherever it runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract import passing, real

_SWITCHED = tuple(Path(__file__).parent / name for name in ("bigquery", "storage", "firestore"))
# Documents go by gRPC: whoever has one of these asks the service behind the switch.
_DOCUMENTS = {"wire", "client", "service", "admin"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip on the real cloud what is for the stand-ins only."""
    for item in items:
        mark = item.get_closest_marker("local_only")
        if real.PROJECT and mark is not None:
            item.add_marker(pytest.mark.skip(reason=mark.args[0]))


@pytest.fixture(autouse=True)
def _through_the_switch(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Fail a test that asks another than what is behind the switch, or asks it as nobody could."""
    node = request.node
    if node.get_closest_marker("local_only") or not any(map(node.path.is_relative_to, _SWITCHED)):
        yield
        return
    found: list[str] = []
    asked: list[str] = []
    send = requests.Session.send

    def sent(session: requests.Session, ask: requests.PreparedRequest, **how: Any) -> Any:  # noqa: ANN401 - as requests
        wrong = list(passing.problems(ask, real.served, real.NAME))
        answer = send(session, ask, **how)
        wrong += passing.unlabelled(ask, answer)
        asked.append(str(ask.url))
        found.extend(f"{ask.method} {ask.url}: {problem}" for problem in wrong)
        return answer

    monkeypatch.setattr(requests.Session, "send", sent)
    real.orders.clear()
    yield
    assert not real.orders, f"mark it local_only(real.ORDER): {real.orders[0]}"
    assert not found, "\n".join(found)
    assert asked or _DOCUMENTS & set(request.fixturenames), "it asks no cloud: mark it local_only"
