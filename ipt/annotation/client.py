"""Label Studio over HTTP: the few calls that this package makes.

Nothing that changes the server is ever sent twice by itself: imports are not idempotent, and one lost reply doubled 20
tasks when a library retried (measured). No error message holds a header, since headers hold the key.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2

from ipt.errors import UserError

KEY_VARIABLE = "IPT_LABEL_STUDIO_KEY"
PAGE = 1000
BATCH = 250
READ_ATTEMPTS = 3


class LostReplyError(UserError):
    """A change was sent and no answer came: it may or may not have happened."""


class Client:
    """One Label Studio and a key to it."""

    def __init__(self, url: str, key: str, *, timeout: float = 120.0) -> None:
        """`key`: a legacy token, or a personal access token (which is exchanged for a short-lived one)."""
        self.url = url.rstrip("/")
        self._http = httpx2.Client(base_url=self.url, timeout=timeout, follow_redirects=False, trust_env=False)
        self._http.headers["Authorization"] = f"Token {key}"
        if key.count(".") == 2:
            self._refresh = key
            self._exchange()
        else:
            self._refresh = ""

    def __repr__(self) -> str:
        return f"Client({self.url})"

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at `path`; reading is tried again when the connection breaks."""
        for attempt in range(READ_ATTEMPTS):
            try:
                return self._call("GET", path, params=query)
            except LostReplyError:
                if attempt + 1 == READ_ATTEMPTS:
                    raise UserError(f"{self.url}: no answer to GET {path}; is Label Studio running there?") from None
                time.sleep(0.5 * 2**attempt)
        raise AssertionError("unreachable")

    def change(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a change once.

        Raises:
            LostReplyError: the connection broke; look at the server's state before going on.
        """
        return self._call(method, path, json=body, **more)

    def projects(self) -> list[dict[str, Any]]:
        """All projects that the key can see."""
        return list(self._pages("/api/projects", "results"))

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """id, data and number of annotations of every task (with all fields the listing is five times slower)."""
        found = self._pages("/api/tasks", "tasks", project=project, fields="all", include="id,data,total_annotations")
        return list(found)

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Add tasks.

        Raises:
            LostReplyError: they may or may not be there.
        """
        self.change("POST", f"/api/projects/{project}/import", list(tasks), params={"return_task_ids": "false"})

    def export(self, project: int) -> list[dict[str, Any]]:
        """Every task with its annotations and drafts."""
        query = {"exportType": "JSON", "download_all_tasks": "true"}
        tasks: list[dict[str, Any]] = self.get(f"/api/projects/{project}/export", **query)
        return tasks

    def version(self) -> str:
        """Of Label Studio."""
        return str(self.get("/api/version").get("release", "unknown"))

    def _pages(self, path: str, name: str, **query: Any) -> Iterator[dict[str, Any]]:
        page, seen = 1, 0
        while True:
            reply = self.get(path, page=page, page_size=PAGE, **query)
            rows = reply[name]
            yield from rows
            seen += len(rows)
            if not rows or seen >= int(reply.get("count", reply.get("total", 0))):
                return
            page += 1

    def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            reply = self._http.request(method, path, **more)
            if reply.status_code == 401 and self._refresh:
                self._exchange()
                reply = self._http.request(method, path, **more)
        except httpx2.TransportError as error:
            raise LostReplyError(
                f"{self.url}: no answer to {method} {path} ({type(error).__name__}); type the same command again"
            ) from None
        if reply.status_code in (401, 403):
            raise UserError(f"{self.url}: the key is refused ({reply.status_code} at {path}); set {KEY_VARIABLE} anew")
        if reply.status_code >= 400:
            raise UserError(f"{self.url}: {method} {path} answered {reply.status_code}: {_detail(reply)}")
        if reply.status_code >= 300:
            raise UserError(
                f"{self.url}: {method} {path} is redirected; give the address as the server itself shows it"
            )
        return reply.json() if reply.content else None

    def _exchange(self) -> None:
        try:
            reply = self._http.post(
                "/api/token/refresh", json={"refresh": self._refresh}, headers={"Authorization": ""}
            )
        except httpx2.TransportError:
            raise UserError(f"{self.url}: no answer; is Label Studio running there?") from None
        if reply.status_code != 200:
            raise UserError(f"{self.url}: the personal access token is refused; set {KEY_VARIABLE} anew")
        self._http.headers["Authorization"] = f"Bearer {reply.json()['access']}"


def find_project(client: Client, title: str) -> dict[str, Any] | None:
    """The project called `title`, if there is one.

    Raises:
        UserError: there are several.
    """
    found = [project for project in client.projects() if project["title"] == title]
    if len(found) > 1:
        numbers = ", ".join(str(project["id"]) for project in found)
        raise UserError(
            f"{client.url}: {len(found)} projects are called {title!r} ({numbers}); delete or rename all but one"
        )
    return found[0] if found else None


def _detail(reply: httpx2.Response) -> str:
    """What the server says is wrong, without echoing what was sent."""
    try:
        body = reply.json()
    except ValueError:
        return "no JSON"
    return (
        str(body.get("validation_errors") or body.get("detail") or "no detail")[:300] if isinstance(body, dict) else ""
    )
