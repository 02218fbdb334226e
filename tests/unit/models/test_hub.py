"""Fetching from a server on this machine that speaks the hub's protocol: resumable, digest-checked, offline named."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ipt.config import CheckpointConfig, WeightsConfig
from ipt.datasets.files import read_json
from ipt.errors import UserError
from ipt.models.hub import RECORD, fetch, folder_of

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = bytes(range(256)) * 4000
FILES = {"ema.safetensors": WEIGHTS, "config.json": b"{}\n", "README.md": b"not asked for"}


class Hub:
    """What the server holds and what was asked of it."""

    def __init__(self) -> None:
        self.files = dict(FILES)
        self.stated = dict(FILES)
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
        return {"id": "owner/name", "modelId": "owner/name", "sha": REVISION, "siblings": siblings, "tags": []}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, body: bool) -> None:
            hub.requests.append((self.command, self.path.split("?")[0], self.headers.get("Range", "")))
            if self.path.startswith(f"/api/models/owner/name/revision/{REVISION}"):
                return self.send(200, json.dumps(hub.info()).encode(), {"Content-Type": "application/json"})
            name = self.path.rpartition("/")[2]
            if not self.path.startswith(f"/owner/name/resolve/{REVISION}/") or name not in hub.files:
                return self.send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            data = hub.files[name]
            headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": REVISION}
            first = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
            return self.send(206 if first else 200, data[first:], headers, body)

        def send(self, status: int, data: bytes, headers: dict[str, str], body: bool = True) -> None:
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(data)), "Accept-Ranges": "bytes"}.items():
                self.send_header(key, value)
            self.end_headers()
            if body and hub.breaks_after is not None and len(data) > hub.breaks_after:
                data, hub.breaks_after = data[: hub.breaks_after], None
                self.close_connection = True
            if body:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    yield hub
    server.shutdown()
    server.server_close()


def weights(folder: Path) -> WeightsConfig:
    checkpoint = CheckpointConfig(repository="owner/name", revision=REVISION)
    return WeightsConfig(bagel=checkpoint, directory=str(folder))


def test_fetched_once(hub: Hub, tmp_path: Path) -> None:
    """Only the files asked for, their digests recorded; the second time nothing is asked of the hub."""
    folder = fetch(weights(tmp_path), "bagel")
    assert (folder / "ema.safetensors").read_bytes() == WEIGHTS
    assert not (folder / "README.md").exists()
    record = read_json(folder / RECORD)
    assert record["revision"] == REVISION
    assert record["files"]["ema.safetensors"]["sha256"] == hashlib.sha256(WEIGHTS).hexdigest()
    hub.requests.clear()
    assert fetch(weights(tmp_path), "bagel") == folder
    assert hub.requests == []


def test_a_broken_download_goes_on(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server hangs up in the middle: the rest is asked for from where it stopped."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    hub.breaks_after = 500_000
    folder = fetch(weights(tmp_path), "bagel")
    assert (folder / "ema.safetensors").read_bytes() == WEIGHTS
    starts = [wanted for kind, path, wanted in hub.requests if kind == "GET" and path.endswith("ema.safetensors")]
    assert starts[0] == ""
    assert len(starts) == 2
    assert int(starts[1].removeprefix("bytes=").split("-")[0]) > 0


def test_another_content_is_refused(hub: Hub, tmp_path: Path) -> None:
    """Bytes that are not those that the hub states for the commit; a file changed after fetching."""
    hub.files["config.json"] = b"[]\n"
    with pytest.raises(UserError, match=r"config\.json: git_sha1 is .*, the hub states"):
        fetch(weights(tmp_path), "bagel")
    (folder_of(weights(tmp_path), "bagel") / "config.json").unlink()
    hub.files["config.json"] = FILES["config.json"]
    folder = fetch(weights(tmp_path), "bagel")
    (folder / "ema.safetensors").write_bytes(WEIGHTS[::-1])
    with pytest.raises(UserError, match=r"ema\.safetensors: sha256 is .*delete it and fetch again"):
        fetch(weights(tmp_path), "bagel")


def test_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"owner/name at 0123.* not fetched .*set HF_ENDPOINT to a mirror") as caught:
        fetch(weights(tmp_path), "bagel")
    assert "\n" not in str(caught.value)


def test_an_unknown_revision(hub: Hub, tmp_path: Path) -> None:
    other = CheckpointConfig(repository="owner/name", revision="f" * 40)
    with pytest.raises(UserError, match=r"owner/name at ffff.* not fetched"):
        fetch(WeightsConfig(bagel=other, directory=str(tmp_path)), "bagel")


def test_what_is_not_pinned_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"weights\.ipt_mvc_mixed\.revision: not set"):
        fetch(WeightsConfig(directory=str(tmp_path)), "ipt_mvc_mixed")
