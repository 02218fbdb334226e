"""Fetching from a server on this machine that speaks the hub's protocol: resumable, digest-checked, offline named."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipt.config import CheckpointConfig, WeightsConfig
from ipt.datasets.files import read_json
from ipt.errors import UserError
from ipt.models.hub import RECORD, fetch, folder_of
from tests.hubserver import Hub, served

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = bytes(range(256)) * 4000
FILES = {"ema.safetensors": WEIGHTS, "config.json": b"{}\n", "README.md": b"not asked for"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub("owner/name", REVISION, FILES)
    with served(hub) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield hub


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
