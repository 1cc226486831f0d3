"""The services of the platform's phases: they really write a date's rows, and fail as those do.

They answer over TLS, know who asks by a signed identity token, and hand such tokens out to whoever
has the key of their service account, as Google's token service does.
"""

import functools
import json
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from tests.harness import Rebound
from tests.integration.processors import platform

GOOGLE = "https://oauth2.googleapis.com/token"
KEY = "k3y-of-phase-3"
ACCOUNT = "runner@league.iam.gserviceaccount.com"
LATE_SECONDS = 2
_HOUR_SECONDS = 3600


@dataclass(frozen=True)
class Call:
    """One request for a date of a processor.

    Attributes:
        began: When it came, and ended: when it was answered, on one clock.
    """

    processor: str
    day: date
    began: float
    ended: float


@dataclass
class Phases:
    """The services, what is planted in them, and what they were asked for.

    Attributes:
        planted: What happens to the next requests for a date, in order; then it is written.
        held: Requests that are planted to be held wait for this.
    """

    url: str
    env: dict[str, str]
    rebound: Rebound | None = None
    planted: dict[tuple[str, date], list[str]] = field(default_factory=lambda: defaultdict(list))
    fired: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def asked(self) -> list[tuple[str, date]]:
        """Return the processor and date of each request, sorted."""
        return sorted((call.processor, call.day) for call in self.calls)

    def plant(self, processor: str, day: date, *kinds: str) -> None:
        """Let something else happen to the next requests for a date."""
        self.planted[processor, day] += kinds

    def write(self, processor: str, day: date, *, share: float = 1, replace: bool = True) -> None:
        """Write the rows of a date, as its processor does."""
        assert self.rebound is not None
        rows = {"teams": 2, "players": platform.PLAYERS_A_GAME, "zones": 1, "features": 3}[
            processor
        ]
        if replace:
            table = platform.TABLES[processor]
            self.rebound.query(f"DELETE FROM {table} WHERE day = DATE '{day}'")
        statement = platform.written(processor, [day], rows_a_game=max(1, int(rows * share)))
        self.rebound.query(statement)


@contextmanager
def serving_phases(folder: Path) -> Generator[Phases]:
    """Serve both phases until the block ends."""
    key = _key()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = _certificate(key)
    chain = folder / "served.pem"
    chain.write_bytes(pem + certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = f"https://127.0.0.1:{server.server_address[1]}"
    authority, account = folder / "authority.pem", folder / "account.json"
    authority.write_bytes(certificate)
    account.write_text(
        json.dumps(
            {
                "type": "service_account",
                "client_email": ACCOUNT,
                "private_key": pem.decode(),
                "private_key_id": "1",
                "token_uri": f"{url}/token",
            }
        )
    )
    phases = Phases(
        url,
        {
            "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            "REQUESTS_CA_BUNDLE": str(authority),
            "PHASE3_KEY": KEY,
        },
    )
    server.phases = phases  # type: ignore[attr-defined]
    server.signer = crypt.RSASigner.from_string(pem)  # type: ignore[attr-defined]
    server.certificate = certificate  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield phases
    finally:
        phases.held.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Hand out a token, or run a processor for a date."""
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self._answer(200, self._token(parse_qs(content.decode())["assertion"][0]))
        elif not self._is_allowed():
            self._answer(401, {"error": f"not with the key {self.headers.get('X-API-Key')}"})
        else:
            self._run(json.loads(content))

    def _token(self, assertion: str) -> dict[str, Any]:
        claims = jwt.decode(assertion, certs=self.server.certificate, audience=GOOGLE)
        if "target_audience" not in claims:
            return {"access_token": "local", "token_type": "Bearer", "expires_in": _HOUR_SECONDS}
        now = int(time.time())
        identity = {
            "aud": claims["target_audience"],
            "email": claims["iss"],
            "iat": now,
            "exp": now + _HOUR_SECONDS,
        }
        return {"id_token": jwt.encode(self.server.signer, identity).decode()}

    def _is_allowed(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token, certs=self.server.certificate, audience=self.server.phases.url
            )
        except ValueError:
            return False
        has_key = self.path != "/phase3" or self.headers.get("X-API-Key") == KEY
        return bool(claims["email"] == ACCOUNT and has_key)

    def _run(self, body: dict[str, Any]) -> None:
        phases: Phases = self.server.phases
        (called,) = body["processors"]
        processor = called.removesuffix("Processor").lower()
        day = date.fromisoformat(body.get("analysis_date") or body["start_date"])
        began = time.monotonic()
        queue = phases.planted[processor, day]
        kind = queue.pop(0) if queue else "written"
        phases.arrived.set()
        status, result = _do(phases, kind, processor, day)
        phases.calls.append(Call(processor, day, began, time.monotonic()))
        phases.fired.append(kind)
        if kind in ("lost", "late"):
            self.close_connection = True
            self.connection.close()
            if kind == "late":
                time.sleep(LATE_SECONDS)
                phases.write(processor, day)
            return
        results = [{"processor": called, **result}] if result else []
        self._answer(status, {"status": "completed", "results": results})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Location", f"{self.server.phases.url}/phase4")
        self.end_headers()
        self.wfile.write(content)


def _do(phases: Phases, kind: str, processor: str, day: date) -> tuple[int, dict[str, str]]:
    """Do what is planted; return the status and what is said of the processor."""
    if kind == "held":
        phases.held.wait(_HOUR_SECONDS)
    if kind == "slow":
        time.sleep(LATE_SECONDS)
    if kind in ("written", "slow", "lost", "held", "written but failed"):
        phases.write(processor, day)
    elif kind == "half":
        phases.write(processor, day, share=0.5)
    elif kind == "twice":
        phases.write(processor, day)
        phases.write(processor, day, replace=False)
    statuses = {
        "unavailable": 503,
        "broken": 500,
        "written but failed": 500,
        "refused": 403,
        "moved": 307,
    }
    if kind == "failed":
        return 200, {"status": "exception", "error": "upstream data is stale"}
    if kind == "unknown":
        return 200, {}
    return statuses.get(kind, 200), {"status": "success"}


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """Return this process's key: to make one takes most of a second of processor time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)
