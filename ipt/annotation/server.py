"""Start and stop the local Label Studio: loopback only, no telemetry, its own environment (`make annotate`)."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ipt.annotation import launch
from ipt.annotation.database import migrate_with, migrated_database, place
from ipt.annotation.state import State, write_private
from ipt.errors import UserError
from ipt.locks import process_start

VENV = Path("annotation") / ".venv"
VENV_VARIABLE = "IPT_LABEL_STUDIO_VENV"
HOST = "127.0.0.1"
START_SECONDS = 900
"""5 s from a template; a server that migrates its own database takes 35 to 88 s (374 s on two cores with load 12)."""

# Label Studio reads these without its prefix too; what the shell happens to hold must not reach it.
FOREIGN = (
    *("HOST", "PORT", "DEBUG", "CI", "USERNAME", "PASSWORD", "USER_TOKEN", "LOG_LEVEL", "DJANGO_DB", "DATABASE_NAME"),
    *("BASE_DATA_DIR", "STORAGE_TYPE", "SENTRY_DSN", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"),
)


@dataclass(frozen=True)
class Server:
    """A running local server."""

    url: str
    pid: int
    start: str
    """Kernel start time of the process: a recycled process id is not mistaken for the server."""

    @property
    def alive(self) -> bool:
        """Whether the process is still that process."""
        return bool(self.start) and process_start(self.pid) == self.start


def environment_folder() -> Path:
    """The virtual environment with Label Studio.

    Raises:
        UserError: there is none; says what to type.
    """
    folder = Path(os.environ.get(VENV_VARIABLE, VENV)).absolute()
    if not (folder / "bin" / "label-studio").is_file():
        raise UserError(f"{folder}: Label Studio is not installed; type `make annotation-env` (about two minutes)")
    return folder


def running(state: State) -> Server | None:
    """The server of this state folder, if it runs."""
    try:
        server = Server(**json.loads(state.server_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return server if server.alive else None


def start(state: State, port: int) -> Server:
    """Start the server, or find it running, and wait until it answers.

    Raises:
        UserError: not installed, the port is taken, or it does not come up (names its log).
    """
    found = running(state)
    if found:
        return found
    folder = environment_folder()
    if not _port_is_free(port):
        # Label Studio would silently move to the next port.
        raise UserError(f"annotation.port: {port} is taken on {HOST}; stop what uses it or give --port")
    state.data.mkdir(parents=True, exist_ok=True)
    state.media.mkdir(exist_ok=True)
    new = not state.database.exists()
    if new:
        place(migrated_database(folder, migrate_with(folder, _environment)), state.database)
    url = f"http://{HOST}:{port}"
    command = [str(folder / "bin" / "python"), launch.__file__, "start", "--no-browser"]
    command += ["--internal-host", HOST, "--port", str(port)]
    with open(os.open(state.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
        process = subprocess.Popen(
            command,
            env=_environment(state.data) | _first_user(state, url),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=state.data,
            umask=0o077,
            start_new_session=True,
        )
    server = Server(url, process.pid, process_start(process.pid))
    write_private(state.server_file, json.dumps(server.__dict__))
    try:
        _wait(server, process, state.log)
    except UserError:
        if new:  # a half migrated database would fail every later start; nobody has written to it yet
            for left in state.data.glob(f"{state.database.name}*"):
                left.unlink()
        raise
    return server


def stop(state: State) -> bool:
    """Stop the server of this state folder; False if none ran."""
    server = running(state)
    if server:
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + 15
        while server.alive and time.monotonic() < deadline:
            _reap(server.pid)
            time.sleep(0.1)
        if server.alive:
            os.kill(server.pid, signal.SIGKILL)
            _reap(server.pid)
    state.server_file.unlink(missing_ok=True)
    return server is not None


def _environment(data: Path) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(("LABEL_STUDIO_", "HEARTEX_"))
    }
    return inherited | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_DATABASE_NAME": str(data / "label_studio.sqlite3"),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_SENTRY_DSN": "",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_FEATURE_FLAGS_OFFLINE": "true",
        "LABEL_STUDIO_DEBUG": "false",
        "DJANGO_DB": "sqlite",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }


def _first_user(state: State, url: str) -> dict[str, str]:
    secret = state.credentials()
    return {
        "LABEL_STUDIO_HOST": url,
        "LABEL_STUDIO_USERNAME": secret.email,
        "LABEL_STUDIO_PASSWORD": secret.password,
        "LABEL_STUDIO_USER_TOKEN": secret.token,
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(state.media),
    }


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(f"Label Studio ended with status {process.returncode} while starting; see {log}")
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=2) as reply:
                if json.load(reply).get("status") == "UP":
                    return
        except (urllib.error.URLError, OSError, ValueError):
            pass
        time.sleep(0.2)
    process.kill()
    raise UserError(f"Label Studio did not answer within {START_SECONDS} s; see {log}")


def _reap(pid: int) -> None:
    """Collect the exit status if the server is a child of this process (a zombie still looks alive)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
