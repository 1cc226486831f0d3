"""What of a kit writes documents, where Firestore is slow, forgets who asks, or has some already."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from functions.kit import firestore

ABORTED, EXISTS = 10, 6
HOUR = "the token's hour"


class Firestore(BaseHTTPRequestHandler):
    """Answers like Firestore's REST API: the first token ends, and the first try of a write is aborted."""

    protocol_version = "HTTP/1.1"
    documents: ClassVar[dict[str, Any]] = {}
    calls: ClassVar[list[tuple[str, int]]] = []
    connections: ClassVar[set[int]] = set()
    aborted: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        """Answer one call."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = self.path.rpartition(":")[2]
        if self.headers["Authorization"] == "Bearer 1":
            self._answer(401, {"error": HOUR})
            return
        self.connections.add(self.client_address[1])
        self.calls.append((method, len(body.get("writes") or body.get("documents"))))
        if method == "batchGet":
            found = ({"found": self.documents[name]} for name in reversed(body["documents"]))
            self._answer(200, list(found))
        else:
            self._answer(200, {"status": [self._write(item["update"]) for item in body["writes"]]})

    def _write(self, document: dict[str, Any]) -> dict[str, Any]:
        name = document["name"]
        if name in self.documents:
            return {"code": EXISTS, "message": "exists"}
        if name.endswith("late") and name not in self.aborted:
            self.aborted.add(name)
            return {"code": ABORTED, "message": "contention"}
        self.documents[name] = document
        return {}

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Serve it, and return where."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Firestore) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_takes_long_goes_on(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """A token that ended is replaced, one aborted write is tried again, and what is there is read at once."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(
        f"#!/bin/sh\necho x >> {tmp_path}/asked\nexec /usr/bin/wc -l < {tmp_path}/asked\n"
    )
    gcloud.chmod(0o755)
    for name, value in (("PATH", str(tmp_path)), ("PROJECT", "p"), ("FIRESTORE", address)):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(firestore, "WAITS_SECONDS", 0)
    paths = ("s/a", "s/b", "s/late")
    lines = [json.dumps({"path": path, "fields": {"n": {"integerValue": "1"}}}) for path in paths]

    def run(code: int, *some: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(some)))
        assert firestore.main(["(default)"]) == code
        return capsys.readouterr().err

    assert ": 0 not as they were" in run(0, *lines)
    assert Firestore.calls == [("batchWrite", 3), ("batchWrite", 1)]
    assert (tmp_path / "asked").read_text().count("x") == 2, "the first token had ended"
    Firestore.calls.clear()
    Firestore.connections.clear()
    other = json.dumps({"path": "s/a", "fields": {}})
    assert run(1, other, *lines[1:]).startswith("s/a: it is there, and is another\n3 documents")
    assert Firestore.calls == [("batchWrite", 3), ("batchGet", 3)]
    assert len(Firestore.connections) == 1
