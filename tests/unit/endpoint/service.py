"""A service on loopback that answers as told, well or badly, and counts what it was asked."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]


class Service(ThreadingHTTPServer):
    """`behaviours`: what to do with the first requests, in order of arrival; afterwards it answers well."""

    daemon_threads = True

    def __init__(self, behaviours: list[Behaviour], seconds: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = list(behaviours)
        self.seconds = seconds
        self.asked: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.under_way = 0
        self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    """Chat completions: repeats the last text of the question in an answer tag."""

    server: Service

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(content)
            self.server.times.append(time.monotonic())
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
            behaviour = self.server.behaviours.pop(0) if self.server.behaviours else well
        try:
            time.sleep(self.server.seconds)
            behaviour(self, content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client gave up
        finally:
            with self.server.lock:
                self.server.under_way -= 1

    def reply(self, status: int, text: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass


def completion(text: str | None, usage: dict[str, int] | None = None, finish_reason: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "served-2026-01-01",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    } | ({"usage": usage} if usage else {})


def well(handler: Handler, content: dict[str, Any]) -> None:
    parts = content["messages"][-1]["content"]
    text = [part["text"] for part in parts if part["type"] == "text"][-1]
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    handler.reply(200, json.dumps(completion(f"<answer>{text}</answer>", usage)))


def says(text: str | None, usage: dict[str, int] | None = None, finish_reason: str = "stop") -> Behaviour:
    return lambda handler, _: handler.reply(200, json.dumps(completion(text, usage, finish_reason)))


def fails(status: int, code: str | None = None, **headers: str) -> Behaviour:
    error = json.dumps({"error": {"message": "no, said the service", "code": code, "type": "t", "param": None}})
    return lambda handler, _: handler.reply(status, error, **headers)


def raw(text: str, status: int = 200) -> Behaviour:
    return lambda handler, _: handler.reply(status, text)


def stalls(handler: Handler, _: dict[str, Any]) -> None:
    time.sleep(1.5)


def hangs_up(handler: Handler, _: dict[str, Any]) -> None:
    handler.connection.close()


@contextmanager
def serving(*behaviours: Behaviour, seconds: float = 0.0) -> Iterator[Service]:
    service = Service(list(behaviours), seconds)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
