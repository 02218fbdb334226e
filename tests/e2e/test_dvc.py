"""Storage: a remote that speaks S3, a change of one parameter, and corruption that is found by hashing."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.workspace import Workspace, make_workspace

pytestmark = pytest.mark.e2e


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of an S3-compatible server on loopback with an empty bucket `ipt`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret-of-anyone")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    log = open(tmp_path / "moto.log", "wb")  # noqa: SIM115 (open as long as the server)
    server = subprocess.Popen(command, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{address}/ipt", method="PUT"), timeout=5).close()
            break
        except OSError:
            assert time.monotonic() < deadline, (tmp_path / "moto.log").read_text()
            time.sleep(0.2)
    yield address
    server.terminate()
    server.wait()
    log.close()


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def copy_of(finished: Workspace, path: Path) -> Workspace:
    shutil.copytree(finished.path, path, symlinks=True)
    return Workspace(path)


def test_through_s3_and_a_wiped_cache_the_results_come_back(finished: Workspace, storage: str, tmp_path: Path) -> None:
    here = copy_of(finished, tmp_path / "here")
    here.run("dvc", "remote", "add", "--local", "--default", "s3", "s3://ipt/results")
    here.run("dvc", "remote", "modify", "--local", "s3", "endpointurl", storage)
    results = here.path / "results" / "micro"
    before = contents(results)
    assert len(before) > 100
    here.run("dvc", "push", "-q")
    shutil.rmtree(here.path / ".dvc" / "cache")
    shutil.rmtree(results)
    here.run("dvc", "pull", "-q")
    assert contents(results) == before
    assert "differ" in here.run("ipt", "verify", "--scale", "micro").stdout
    here.run("ipt", "adopt", "--scale", "micro")
    asked = here.run("snakemake", "-n", "--cores", "all", "--config", "scale=micro", "--", "all").stdout
    assert "Nothing to be done" in asked


def test_a_changed_parameter_reruns_only_what_reads_it(finished: Workspace, tmp_path: Path) -> None:
    here = copy_of(finished, tmp_path / "here")
    here.run("git", "add", "-A")
    here.run("git", "commit", "-q", "-m", "results", check=False)
    weights = here.path / "results" / "micro" / "train" / "pet.label_only.seed0" / "model.safetensors"
    scores = here.path / "results" / "micro" / "evaluate" / "scores" / "pet-primary" / "blind_majority.json"
    before = weights.stat().st_mtime_ns, scores.read_text()
    setting = "workflow/config/micro.yaml:+evaluation.confidence=0.5"
    printed = here.run("dvc", "exp", "run", "-S", setting).stdout
    for stage in ("render", "curate", "train"):
        assert f"Stage '{stage}' didn't change, skipping" in printed
    for stage in ("configure", "evaluate", "paper"):
        assert f"Running stage '{stage}'" in printed
    assert weights.stat().st_mtime_ns == before[0]
    assert scores.read_text() != before[1]


def test_the_slurm_profile_in_the_environment_reaches_every_stage(tmp_path: Path) -> None:
    """DVC runs the stages' own commands, here as dry runs, and hands the environment on."""
    here = make_workspace(tmp_path / "ipt")
    text = (here.path / "dvc.yaml").read_text(encoding="utf-8")
    stages = yaml.safe_load(text.replace("${scale}", "micro").replace("${paper}", "results/micro/paper"))["stages"]
    commands = {name: stage["cmd"] for name, stage in stages.items() if stage["cmd"].startswith("snakemake ")}
    assert set(commands) == {"render", "curate", "train", "evaluate", "paper"}
    for name, command in commands.items():
        dry = command.replace("snakemake ", "snakemake -n ", 1)
        stage = {"cmd": f"{dry} > told-{name} 2>&1", "outs": [f"told-{name}"]}
        commands[name] = stage
    (here.path / "dvc.yaml").write_text(yaml.safe_dump({"stages": commands}), encoding="utf-8")
    environment = here.environment() | {"SNAKEMAKE_PROFILE": "slurm", "IPT_SLURM_PARTITION": "cpu"}
    done = subprocess.run(here.argv("dvc", "repro"), cwd=here.path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in commands:
        told = (here.path / f"told-{name}").read_text(encoding="utf-8")
        assert told.startswith("Using profiles slurm and "), told


@pytest.mark.parametrize("damaged", ["workspace", "cache"])
def test_a_flipped_byte_is_named_though_its_time_is_kept(finished: Workspace, tmp_path: Path, damaged: str) -> None:
    here = copy_of(finished, tmp_path / "here")
    shard = here.path / "results" / "micro" / "render" / "pet-primary-test" / "shard-0000.parquet"
    digest = hashlib.md5(shard.read_bytes()).hexdigest()
    stored = here.path / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    path = shard if damaged == "workspace" else stored
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(bytes(data))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    done = here.run("ipt", "verify", "--scale", "micro", check=False)
    assert done.returncode == 1
    named = "render/pet-primary-test/shard-0000.parquet" if damaged == "workspace" else digest[2:]
    assert any(named in line for line in done.stdout.splitlines())
    assert "Traceback" not in done.stdout
    if damaged == "workspace":
        table = here.run("ipt", "verify", "--scale", "micro", "--table", "main_results", check=False)
        assert table.returncode == 1
        assert "shard-0000.parquet" in table.stdout
