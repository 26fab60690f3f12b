"""A server that answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """A request that came.

    Attributes:
        line: method and path.
        headers: its fields.
        body: its bytes.
    """

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a document."""
        return json.loads(self.body)


@dataclass
class Answer:
    """What is answered.

    Attributes:
        status: the status; 0 closes the connection in place of an answer.
        body: a document, or a text as it is.
        headers: further fields.
        cut: whether the connection ends before the body does.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class ScriptedServer:
    """Answers each request by a function, and remembers what came."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        lock = threading.Lock()
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                asked = Asked(f"{self.command} {self.path}", dict(self.headers.items()), body)
                with lock:
                    scripted.asked.append(asked)
                    given = answer(asked)
                if given.status == 0:
                    self.close_connection = True
                    return
                text = given.body if isinstance(given.body, str) else json.dumps(given.body)
                streams = isinstance(given.body, str)
                self.send_response(given.status)
                headers = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"} if streams else {
                    "Content-Type": "application/json", "Content-Length": str(len(text.encode()))
                }  # fmt: skip
                for name, value in {**headers, **given.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if streams:
                    # A piece at a time, as it happens.
                    for piece in text.encode().splitlines(keepends=True):
                        self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    self.wfile.write(b"" if given.cut else b"0\r\n\r\n")
                else:
                    self.wfile.write(text.encode())
                self.close_connection = given.cut

            do_GET = do_POST = do_PUT = _any

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> ScriptedServer:
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def lines(self) -> list[str]:
        """Method and path of each request."""
        return [asked.line for asked in self.asked]
