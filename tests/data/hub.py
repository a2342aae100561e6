"""A Hub on this machine that misbehaves when told to.

It speaks what `huggingface_hub` 2.4 asks: the commit of a revision, the tree of a folder in pages,
and a file's bytes, whole or from a place on, with the headers that say what it is. A file may be
somewhere else, behind a redirect, as large ones are. Plain files can be served as well.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

REPO, FOLDER, COMMIT = "HuggingFaceFW/fineweb-edu", "sample/10BT", "c" * 40
PAGE = 2  # entries of a folder that are told at a time


class LoopbackHub:
    """Serves `files` (path → bytes) until it is closed.

    `faults` are used up one a request, in order: for requests of a file's bytes unless they begin
    with "api:". `always` is a fault for every such request. `log` has what was asked.
    """

    def __init__(self, files: dict[str, bytes], redirect: bool = False):
        self.files, self.redirect = files, redirect
        self.faults: deque[str] = deque()
        self.always: str | None = None
        self.log: list[tuple[str, str, dict[str, str]]] = []
        self.closing = threading.Event()
        hub = self

        class Handler(Answers):
            owner = hub

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fault(self, kind: str) -> str | None:
        """Return what is to go wrong with this request, "api" or "bytes"."""
        name = self.always if self.always else (self.faults[0] if self.faults else None)
        if name is None or name.startswith("api:") != (kind == "api"):
            return None
        if not self.always:
            self.faults.popleft()
        return name.removeprefix("api:")

    def asked(self, part: str) -> list[tuple[str, str, dict[str, str]]]:
        return [entry for entry in self.log if part in entry[1]]

    def __enter__(self) -> LoopbackHub:
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: connections that break are what this is for."""


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: LoopbackHub

    def log_message(self, *words: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        path, headers = unquote(where.path), {k.lower(): v for k, v in self.headers.items()}
        self.owner.log.append((self.command, self.path, headers))
        try:
            if path.startswith("/api/"):
                self._api(path, where.query)
            elif match := re.fullmatch(r"(?:/datasets)?/(.+)/resolve/([^/]+)/(.+)", path):
                self._resolve(*match.groups())
            elif path.startswith(("/cdn/", "/plain/")):
                self._bytes(path.split("/", 2)[2])
            else:
                self._end(404)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _end(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _api(self, path: str, query: str) -> None:
        if self._refuses(self.owner.fault("api")):
            return
        head = f"/api/datasets/{REPO}"
        if path in (head, f"{head}/revision/main", f"{head}/revision/{COMMIT}"):
            return self._json({"id": REPO, "sha": COMMIT, "siblings": []})
        if path.startswith(head) and (
            match := re.fullmatch(r"/tree/(\w+)/(.+)", path[len(head) :])
        ):
            return self._tree(*match.groups(), query)
        missing = "RevisionNotFound" if path.startswith(head) else "RepoNotFound"
        return self._end(404, X_Error_Code=missing)

    def _json(self, value: object, **headers: str) -> None:
        self._end(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def _tree(self, revision: str, folder: str, query: str) -> None:
        entries = [self._entry(p, d) for p, d in self.owner.files.items() if p.startswith(folder)]
        entries.append({"type": "directory", "path": f"{folder}/more", "oid": "d" * 40, "size": 0})
        if revision not in ("main", COMMIT) or len(entries) == 1:
            return self._end(404, X_Error_Code="EntryNotFound")
        start = int((re.search(r"cursor=(\d+)", query) or [0, "0"])[1])
        headers = {}
        if start + PAGE < len(entries):
            after = f"{self.owner.url}{urlsplit(self.path).path}?cursor={start + PAGE}"
            headers["Link"] = f'<{after}>; rel="next"'
        return self._json(entries[start : start + PAGE], **headers)

    def _entry(self, path: str, data: bytes) -> dict[str, object]:
        oid = hashlib.sha256(data).hexdigest()
        lfs = {"oid": oid, "size": len(data), "pointerSize": 134}
        return {"type": "file", "path": path, "size": len(data), "oid": "b" * 40, "lfs": lfs}

    def _resolve(self, repo: str, revision: str, path: str) -> None:
        data = self.owner.files.get(path)
        if repo != REPO or revision not in ("main", COMMIT) or data is None:
            return self._end(404, X_Error_Code="EntryNotFound")
        if self.owner.redirect or self.command == "HEAD":
            oid = hashlib.sha256(data).hexdigest()
            about = {"X_Repo_Commit": COMMIT, "X_Linked_Size": str(len(data))}
            about |= {"X_Linked_ETag": f'"{oid}"', "ETag": f'"{oid}"'}
            if self.owner.redirect:  # to another name of this machine, as to another host
                about["Location"] = f"http://localhost:{self.owner.port}/cdn/{path}"
            return self._end(302 if self.owner.redirect else 200, **about)
        return self._bytes(path)

    def _bytes(self, path: str) -> None:
        data, fault = self.owner.files.get(path), self.owner.fault("bytes")
        if data is None:
            return self._end(404)
        if self._refuses(fault):
            return None
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        begin = int(asked[1]) if asked and fault != "no range" else 0
        if begin >= len(data) > 0:
            return self._end(416)
        if fault == "truncated":  # the server itself has only half, and says so
            data = data[: begin + (len(data) - begin) // 2]
        if fault == "wrong":
            data = bytes([data[0] ^ 1]) + data[1:-1] + bytes([data[-1] ^ 1])
        if fault == "longer":
            data += b"more"
        return self._send(data, begin, fault)

    def _send(self, data: bytes, begin: int, fault: str | None) -> None:
        body = data[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault in ("cut", "reset"):
            self.wfile.write(body[: len(body) // 2])
            self._cut(reset=fault == "reset")
        elif fault == "stall":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.owner.closing.wait(20)
        elif fault == "trickle":
            for i in range(len(body)):
                self.wfile.write(body[i : i + 1])
                if self.owner.closing.wait(0.05):
                    return
        else:
            self.wfile.write(body)

    def _cut(self, reset: bool) -> None:
        """End the connection, in order or as a pulled plug would."""
        self.close_connection = True
        if reset:
            self.wfile.flush()
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _refuses(self, fault: str | None) -> bool:
        """Answer with a fault that leaves no room for bytes; tell whether it was one."""
        if fault in ("500", "502", "503", "401", "403", "404"):
            self._end(int(fault), b"<html>no</html>")
        elif fault is not None and fault.startswith("429"):
            self._end(429, Retry_After=fault.partition(" ")[2] or "0")
        elif fault == "limit":  # as the Hub says it, without Retry-After
            self._end(429, RateLimit='"api";r=0;t=1')
        elif fault == "silence":
            self.owner.closing.wait(20)
            self.close_connection = True
        elif fault == "refuse":
            self._cut(reset=True)
        elif fault == "no json":
            self._end(200, b"<html>a proxy</html>")
        else:
            return False
        return True
