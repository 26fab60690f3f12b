"""What both builders talk to, on loopback: a package index with the wheels, and Debian's docker-registry."""

import hashlib
import html
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import zipfile
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class Page:
    """One answer: bytes held in memory, or a file."""
    media_type: str
    size: int
    body: bytes | None = None
    file: Path | None = None
    cache: str = "max-age=86400"


class PackageIndex:
    """The simple repository API (PEP 503 and 691, metadata files by PEP 658) over a folder of wheels.

    It shares the machine with what is measured, so every page is made beforehand and wheels go out by sendfile.
    Pages stay fresh for a day, so that a long series of runs does not ask anew in its second half only.
    """

    def __init__(self, wheels: Path):
        self.pages = _pages(wheels)
        pages = self.pages

        class Handler(_Handler):
            def page(self, path: str) -> Page | None:
                if path.startswith("/simple/") and JSON_TYPE in self.headers.get("Accept", ""):
                    return pages.get(path + "json")
                return pages.get(path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/simple"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> "PackageIndex":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


def _pages(wheels: Path) -> dict[str, Page]:
    pages, projects = {}, {}
    for path in sorted(wheels.glob("*.whl")):
        content = path.read_bytes()  # also brings it into the page cache
        with zipfile.ZipFile(path) as archive:
            entry = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            metadata = archive.read(entry)
        forever = "max-age=365000000, immutable"
        pages[f"/files/{path.name}"] = Page("application/octet-stream", len(content), file=path, cache=forever)
        pages[f"/files/{path.name}.metadata"] = Page("text/plain", len(metadata), body=metadata, cache=forever)
        project = re.sub(r"[-_.]+", "-", path.name.split("-")[0]).lower()
        metadata_hash = {"sha256": hashlib.sha256(metadata).hexdigest()}
        projects.setdefault(project, []).append({
            "filename": path.name, "url": f"/files/{path.name}", "size": len(content),
            "hashes": {"sha256": hashlib.sha256(content).hexdigest()},
            "core-metadata": metadata_hash, "data-dist-info-metadata": metadata_hash,
        })
    for project, files in projects.items():
        page = {"meta": {"api-version": "1.1"}, "name": project, "files": files,
                "versions": sorted({file["filename"].split("-")[1] for file in files})}
        links = "\n".join(
            '<a href="{}#sha256={}" data-core-metadata="sha256={}">{}</a><br>'.format(
                html.escape(file["url"]), file["hashes"]["sha256"], file["core-metadata"]["sha256"], file["filename"])
            for file in files)
        _put(pages, f"/simple/{project}/", page, links)
    names = [{"name": project} for project in projects]
    links = "\n".join(f'<a href="/simple/{project}/">{project}</a><br>' for project in projects)
    _put(pages, "/simple/", {"meta": {"api-version": "1.1"}, "projects": names}, links)
    return pages


def _put(pages: dict[str, Page], path: str, value: dict, links: str) -> None:
    as_json = json.dumps(value).encode()
    as_html = f"<!DOCTYPE html>\n<html><body>\n{links}\n</body></html>\n".encode()
    pages[path + "json"] = Page(JSON_TYPE, len(as_json), body=as_json)
    pages[path] = Page("text/html; charset=utf-8", len(as_html), body=as_html)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # head and small body leave in one packet

    def page(self, path: str) -> Page | None:
        raise NotImplementedError

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        page = self.page(self.path.partition("?")[0])
        if page is None:
            self.send_error(404)
            return
        first, last = 0, page.size - 1
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked and any(asked.groups()):
            if asked[1]:
                first, last = int(asked[1]), min(int(asked[2] or last), last)
            else:
                first = max(page.size - int(asked[2]), 0)
            if first > last:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{page.size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{page.size}")
        else:
            self.send_response(200)
        self.send_header("Content-Type", page.media_type)
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Cache-Control", page.cache)
        self.send_header("Vary", "Accept")
        self.end_headers()
        if not with_body:
            return
        if page.body is not None:
            self.wfile.write(page.body[first:last + 1])
        else:
            self.wfile.flush()
            with page.file.open("rb") as file:
                self.connection.sendfile(file, first, last - first + 1)

    def log_message(self, *_) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            pass  # the client has gone: its own affair


class Registry:
    """Debian's docker-registry over a folder, always on the same port, since image names hold it."""

    def __init__(self, storage: Path, port: int, log: Path):
        self.storage, self.port, self.log = storage, port, log
        self.host = f"127.0.0.1:{port}"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Registry":
        self.storage.mkdir(parents=True, exist_ok=True)
        configuration = self.log.with_suffix(".yml")
        configuration.write_text(json.dumps({  # JSON is YAML
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(self.storage)}, "delete": {"enabled": True},
                        "maintenance": {"uploadpurging": {"enabled": False}}},
            "http": {"addr": self.host, "secret": "bench"},
        }))
        with self.log.open("w") as log:
            # setpriv: it ends with us, even if we are killed. Its own session: Ctrl-C reaches the builder first.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "docker-registry", "serve", configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"PATH": os.environ["PATH"], "OTEL_TRACES_EXPORTER": "none"})
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                self._request("GET", "/v2/")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"docker-registry did not start, see {self.log}") from None
                time.sleep(0.02)

    def _request(self, method: str, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={"Accept": ", ".join([
            "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.oci.image.index.v1+json"])})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def manifest(self, repository: str, tag: str) -> tuple[str, dict]:
        answer, body = self._request("GET", f"/v2/{repository}/manifests/{tag}")
        if answer.status != 200:
            raise RuntimeError(f"{repository}:{tag} is not in the registry: {answer.status} {body.decode(errors='replace')}")
        return answer.getheader("Docker-Content-Digest"), json.loads(body)

    def blob(self, digest: str) -> Path:
        algorithm, _, digits = digest.partition(":")
        return self.storage / "docker/registry/v2/blobs" / algorithm / digits[:2] / digits / "data"

    def received_bytes(self) -> int:
        """What clients have sent since the start: all that the server read, sockets and files together, less the files
        that it read in order to serve them. Exact but for headers, and unlike a proxy it costs the builders nothing."""
        counters = dict(line.split(": ") for line in Path(f"/proc/{self.process.pid}/io").read_text().splitlines())
        served = re.findall(r'"GET [^"]*" 200 (\d+) ', self.log.read_text())
        return int(counters["rchar"]) - sum(map(int, served))


def push_base(layout: Path, registry: Registry, name: str) -> None:
    subprocess.run(["skopeo", "copy", "--quiet", "--dest-tls-verify=false", f"oci:{layout}", f"docker://{registry.host}/{name}"],
                   check=True)
