"""One scan of ScanNet++ as its authors distribute it: the labelled reconstruction, and posed, undistorted photographs.

Read are, below the scan's folder, `scans/mesh_aligned_0.05.ply`, `scans/segments.json`, `scans/segments_anno.json`,
`dslr/colmap/images.txt` (poses in the frame of the mesh), `dslr/nerfstudio/transforms_undistorted.json` (intrinsics)
and `dslr/undistorted_images/`. World frame: z up, metres. Written after the data set's documentation: the data was not
at hand.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipt.errors import UserError
from ipt.tasks.real import files

CELLS = 96
"""Columns of the grid on which the nearest surface of a photograph is kept."""
NEAREST = 0.1
"""Metres before a camera in which nothing is looked at."""
TOLERANCE = (0.08, 0.02)
"""A point is hidden where the grid knows a surface nearer by more than this: metres, and share of its distance."""
_PLY_TYPES = {"float": "<f4", "float32": "<f4", "double": "<f8", "uchar": "u1", "uint8": "u1", "int": "<i4"} | {
    "uint": "<u4",
    "int32": "<i4",
    "short": "<i2",
    "ushort": "<u2",
    "char": "i1",
}


@dataclass(frozen=True)
class Photograph:
    """A picture with its pose: x_camera = rotation @ x_world + translation; x right, y down, z forward."""

    path: Path
    rotation: NDArray[np.float64]
    translation: NDArray[np.float64]
    focal: tuple[float, float]
    center: tuple[float, float]
    size: tuple[int, int]
    """Width and height, px."""

    @property
    def yaw(self) -> float:
        """Direction of the view seen from above, degrees counter-clockwise from +x."""
        forward = self.rotation[2]
        return float(np.degrees(np.arctan2(forward[1], forward[0])))

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points [N, 3] to pixel x, pixel y and depth in metres [N, 3]."""
        local = points @ self.rotation.T + self.translation
        depth = np.where(np.abs(local[:, 2]) < 1e-9, 1e-9, local[:, 2])
        plane = local[:, :2] / depth[:, None] * self.focal + self.center
        return np.column_stack([plane, local[:, 2]])


@dataclass(frozen=True)
class Scan:
    """The reconstruction, its objects and the photographs."""

    name: str
    points: NDArray[np.float64]
    """[N, 3], metres"""
    colors: NDArray[np.uint8]
    """[N, 3]"""
    owner: NDArray[np.int64]
    """[N] index into `labels`, or -1"""
    labels: tuple[str, ...]
    """Of each object, in the data set's words."""
    photographs: tuple[Photograph, ...]

    @cached_property
    def objects_of(self) -> dict[str, set[int]]:
        """Label -> indices of its objects that have points."""
        found: dict[str, set[int]] = {}
        for index in np.unique(self.owner[self.owner >= 0]).tolist():
            found.setdefault(self.labels[index], set()).add(index)
        return found

    def seen(self, photograph: Photograph, points_min: int) -> set[int]:
        """Objects of which the photograph shows `points_min` points that nothing nearer hides."""
        pixels = photograph.project(self.points)
        width, height = photograph.size
        inside = (
            (pixels[:, 2] > NEAREST) & (pixels[:, :2] >= 0).all(axis=1) & (pixels[:, :2] < (width, height)).all(axis=1)
        )
        cell = width / CELLS
        column, row = (pixels[inside, :2] // cell).astype(int).T
        depth = pixels[inside, 2]
        nearest = np.full((int(height // cell) + 1, CELLS + 1), np.inf)
        np.minimum.at(nearest, (row, column), depth)
        free = depth * (1 - TOLERANCE[1]) - TOLERANCE[0] <= nearest[row, column]
        owners = self.owner[inside][free]
        counted = np.bincount(owners[owners >= 0], minlength=len(self.labels))
        return set(np.flatnonzero(counted >= points_min).tolist())


def read_scan(folder: Path) -> Scan:
    """The scan in `folder`.

    Raises:
        UserError: a file is missing, or not of the form that the data set documents; names it.
    """
    points, colors = read_vertices(folder / "scans" / "mesh_aligned_0.05.ply")
    segments_path = folder / "scans" / "segments.json"
    segments = files.json_file(segments_path, "the segment of each vertex").get("segIndices")
    if not isinstance(segments, list) or len(segments) != len(points):
        raise UserError(f"{segments_path}: segIndices: expected {len(points)} numbers, one a vertex")
    groups_path = folder / "scans" / "segments_anno.json"
    groups = files.json_file(groups_path, "the objects and their segments").get("segGroups")
    if not isinstance(groups, list):
        raise UserError(f"{groups_path}: segGroups: expected a list of objects")
    owners: dict[int, int] = {}
    labels = []
    for index, group in enumerate(groups):
        labels.append(files.text_of(f"{groups_path}: object {index}", group, "label").lower())
        owners |= dict.fromkeys(group.get("segments", []), index)
    owner = np.array([owners.get(segment, -1) for segment in segments], np.int64)
    return Scan(folder.name, points, colors, owner, tuple(labels), read_photographs(folder / "dslr"))


def read_photographs(folder: Path) -> tuple[Photograph, ...]:
    """Every photograph that has a pose and a file, in order of their names.

    Raises:
        UserError: poses or intrinsics are missing or of another form.
    """
    told_path = folder / "nerfstudio" / "transforms_undistorted.json"
    told = files.json_file(told_path, "the intrinsics of the undistorted photographs")
    try:
        focal, center = (float(told["fl_x"]), float(told["fl_y"])), (float(told["cx"]), float(told["cy"]))
        size = (int(told["w"]), int(told["h"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{told_path}: expected fl_x, fl_y, cx, cy, w and h ({error})") from None
    poses_path = files.needed(folder / "colmap" / "images.txt", "the poses of the photographs, as COLMAP writes them")
    lines = [line for line in poses_path.read_text(encoding="utf-8").split("\n") if not line.startswith("#")]
    found = []
    for number, line in enumerate(lines[::2]):  # each second line lists points
        if not line.strip():
            continue
        cells = line.split()
        try:
            pose, name = [float(cell) for cell in cells[1:8]], cells[9]
        except (ValueError, IndexError):
            raise UserError(f"{poses_path}: pose {number}: expected id, quaternion, place, camera and name") from None
        path = folder / "undistorted_images" / name
        if path.is_file():
            rotation, translation = _rotation(np.array(pose[:4])), np.array(pose[4:])
            found.append(Photograph(path, rotation, translation, focal, center, size))
    if not found:
        raise UserError(f"{folder / 'undistorted_images'}: holds no photograph that {poses_path} names")
    return tuple(sorted(found, key=lambda photograph: photograph.path.name))


def _rotation(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrix [3, 3] of a quaternion w, x, y, z."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def read_vertices(path: Path) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Places [N, 3] and colours [N, 3] of the vertices of a binary PLY file; faces are not read.

    Raises:
        UserError: missing, of another form, or truncated.
    """
    data = files.needed(path, "the reconstruction").read_bytes()
    end = data.find(b"end_header\n")
    header = data[: max(end, 0)].decode("ascii", "replace").split("\n")
    if not data.startswith(b"ply") or end < 0 or "format binary_little_endian 1.0" not in header:
        raise UserError(f"{path}: expected a binary little-endian PLY file")
    kinds: list[tuple[str, str]] = []
    number, inside = 0, False
    for line in header:
        words = line.split()
        if words[:1] == ["element"]:
            inside = words[1] == "vertex" and not kinds
            number = int(words[2]) if inside else number
        elif inside and words[:1] == ["property"] and words[1] in _PLY_TYPES:
            kinds.append((words[2], _PLY_TYPES[words[1]]))
    row = np.dtype(kinds)
    start = end + len(b"end_header\n")
    missing = {"x", "y", "z", "red", "green", "blue"} - {name for name, _ in kinds}
    if missing or len(data) < start + number * row.itemsize:
        problem = f"vertices have no {', '.join(sorted(missing))}" if missing else "truncated"
        raise UserError(f"{path}: {problem}; download it again")
    table = np.frombuffer(data, row, number, start)
    points = np.stack([table[name] for name in ("x", "y", "z")], axis=1).astype(np.float64)
    return points, np.stack([table[name] for name in ("red", "green", "blue")], axis=1)
