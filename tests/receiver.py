"""Another system's receiver: a real HTTP(S) server that keeps what it is sent and can behave badly."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver(ThreadingHTTPServer):
    """``behave``: a status, or ``redirect``, ``drip``, ``silent``, ``garbage``, ``huge``, ``early``."""

    daemon_threads = True
    address_family = 2

    def __init__(self, secure: tuple[Path, Path] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[Received] = []
        self.behave: int | str = 204
        self.over = threading.Event()
        self.secure = secure
        if secure is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, secure))
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Handshakes that were broken off are what the tests are about."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://localhost:{self.port}/hook?of=us"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        how = self.server.behave
        with contextlib.suppress(OSError):
            if isinstance(how, int):
                self.send_response(how)
                self.send_header("Content-Length", "0" if how == 204 else "20")
                self.end_headers()
                self.wfile.write(b"" if how == 204 else b"secret words inside.")
            else:
                getattr(self, how)()
        self.close_connection = True

    def redirect(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.port}/inside")
        self.end_headers()

    def drip(self) -> None:
        for letter in "HTTP/1.1 200 OK\r\nX-Long: " + "x" * 600:
            self.wfile.write(letter.encode())
            if self.server.over.wait(0.05):
                return

    def silent(self) -> None:
        self.server.over.wait(30)

    def garbage(self) -> None:
        self.wfile.write(b"220 mail.example ESMTP\r\n")

    def huge(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1_000_000)

    def early(self) -> None:
        """Hints first, then an endless body that nobody should read."""
        self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")


@contextlib.contextmanager
def receiving(secure: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    server = Receiver(secure)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for the name, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private
