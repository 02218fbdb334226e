"""A server on this machine that speaks as much of the hub's protocol as huggingface_hub needs to fetch files."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hub:
    """One repository at one revision: what the server holds, what it states, and what was asked of it."""

    def __init__(self, repository: str, revision: str, files: Mapping[str, bytes]) -> None:
        self.repository, self.revision = repository, revision
        self.files = dict(files)
        self.stated = dict(files)
        self.breaks_after: int | None = None
        self.requests: list[tuple[str, str, str]] = []

    def info(self) -> dict[str, Any]:
        siblings = []
        for name, data in self.stated.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(data)}
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            if name.endswith(".safetensors"):
                entry["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            siblings.append(entry)
        name = self.repository
        return {"id": name, "modelId": name, "sha": self.revision, "siblings": siblings, "tags": []}


@contextmanager
def served(*hubs: Hub) -> Iterator[str]:
    """The address under which repositories are served while the block runs (HF_ENDPOINT)."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            for hub in hubs:
                if f"{hub.repository}/" in self.path:
                    return self.answer_of(hub, body)
            return self.send(404, b"", {"X-Error-Code": "RepoNotFound"})

        def answer_of(self, hub: Hub, body: bool) -> None:
            hub.requests.append((self.command, self.path.split("?")[0], self.headers.get("Range", "")))
            if self.path.startswith(f"/api/models/{hub.repository}/revision/{hub.revision}"):
                return self.send(200, json.dumps(hub.info()).encode(), {"Content-Type": "application/json"})
            name = self.path.rpartition("/")[2]
            if not self.path.startswith(f"/{hub.repository}/resolve/{hub.revision}/") or name not in hub.files:
                return self.send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            data = hub.files[name]
            headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": hub.revision}
            first = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return self.send(206 if first else 200, data[first:], headers, body, hub)

        def send(
            self, status: int, data: bytes, headers: dict[str, str], body: bool = True, hub: Hub | None = None
        ) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data)), "Accept-Ranges": "bytes"}.items():
                self.send_header(key, value)
            self.end_headers()
            if body and hub is not None and hub.breaks_after is not None and len(data) > hub.breaks_after:
                data, hub.breaks_after = data[: hub.breaks_after], None
                self.close_connection = True
            if body:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
