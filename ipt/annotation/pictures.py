"""Where Label Studio shows pictures from: our own server reads a folder, a team's server gets them uploaded."""

from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from ipt.annotation.client import Client, find_project
from ipt.annotation.state import State

UPLOADS_AT_ONCE = 50


class PictureHost(Protocol):
    """Brings pictures to a project."""

    def publish(self, project: int, pictures: Mapping[str, bytes]) -> dict[str, str]:
        """Make the pictures (sha256 -> PNG) available; returns sha256 -> address. Repeating it changes nothing."""
        ...

    def addresses(self, project: int, digests: Collection[str]) -> dict[str, str]:
        """sha256 -> address of those pictures that were published."""
        ...


class SharedFolder:
    """The local server's: files below `state.media`, one folder a project (a storage must be below the root)."""

    def __init__(self, client: Client, state: State) -> None:
        self.client, self.state = client, state

    def publish(self, project: int, pictures: Mapping[str, bytes]) -> dict[str, str]:
        """See `PictureHost`."""
        folder = self.state.media / f"project-{project}"
        folder.mkdir(parents=True, exist_ok=True)
        for digest, png in pictures.items():
            path = folder / f"{digest}.png"
            if not path.is_file() or path.stat().st_size != len(png):
                partial = path.with_suffix(".partial")
                partial.write_bytes(png)
                partial.rename(path)
        known = self.client.get("/api/storages/localfiles", project=project)
        if not any(Path(storage["path"]) == folder for storage in known):
            body = {"project": project, "title": "pictures", "path": str(folder), "use_blob_urls": False}
            self.client.change("POST", "/api/storages/localfiles", body)
        return self.addresses(project, pictures.keys())

    def addresses(self, project: int, digests: Collection[str]) -> dict[str, str]:
        """See `PictureHost`."""
        return {digest: f"/data/local-files/?d={quote(f'project-{project}/{digest}.png')}" for digest in digests}


class Uploads:
    """Of a server elsewhere: uploaded once each; the name that the server gives ends with ours.

    They lie in a project of their own: Label Studio takes uploads only where the screen has one data key.
    """

    TITLE = "ipt pictures"
    SCREEN = '<View><Image name="picture" value="$image"/></View>'

    def __init__(self, client: Client) -> None:
        self.client = client

    def publish(self, project: int, pictures: Mapping[str, bytes]) -> dict[str, str]:
        """See `PictureHost`; `project` does not matter."""
        library = find_project(self.client, self.TITLE)
        if library is None:
            library = self.client.change("POST", "/api/projects", {"title": self.TITLE, "label_config": self.SCREEN})
        there = self._there(int(library["id"]))
        rest = iter([digest for digest in pictures if digest not in there])
        while batch := list(islice(rest, UPLOADS_AT_ONCE)):
            files = {digest: (f"{digest}.png", pictures[digest], "image/png") for digest in batch}
            # Uploading without committing makes files, not tasks.
            path = f"/api/projects/{library['id']}/import"
            self.client.change("POST", path, params={"commit_to_project": "false"}, files=files)
        return self.addresses(project, pictures.keys())

    def addresses(self, project: int, digests: Collection[str]) -> dict[str, str]:
        """See `PictureHost`."""
        library = find_project(self.client, self.TITLE)
        there = self._there(int(library["id"])) if library else {}
        return {digest: there[digest] for digest in digests if digest in there}

    def _there(self, library: int) -> dict[str, str]:
        found = self.client.get(f"/api/projects/{library}/file-uploads", all="true")
        return {Path(row["file"]).stem.rpartition("-")[2]: f"/data/{row['file']}" for row in found}
