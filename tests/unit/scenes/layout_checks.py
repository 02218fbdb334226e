"""What a person expects of a furnished house, checked apart from the planner that draws it.

Descriptions are checked by painting footprints on a fine grid; meshes by the solid angles of their triangles, and by
comparing the planes of their faces.
"""

from collections import defaultdict

import numpy as np
from skimage.draw import polygon

from ipt.scenes.embedded.description import FurnitureDescription, SceneDescription
from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.scene import EmbeddedScene

CELL = 0.02
TOLERANCE = 0.02
"""Metres by which solids may reach into each other: a cushion into a sofa, a chair leg into a rug."""


def corners(piece: FurnitureDescription) -> np.ndarray:
    """Footprint corners by the textbook rotation, written apart from the simulator's own."""
    angle = np.radians(piece.yaw)
    turned = []
    for across, along in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        x, y = across * piece.size[0] / 2, along * piece.size[1] / 2
        turned.append(
            (
                piece.position[0] + x * np.cos(angle) - y * np.sin(angle),
                piece.position[1] + x * np.sin(angle) + y * np.cos(angle),
            )
        )
    return np.array(turned)


def cells(piece: FurnitureDescription) -> set[int]:
    outline = corners(piece) / CELL + 4000
    rows, columns = polygon(outline[:, 0], outline[:, 1])
    return set((rows * 100_000 + columns).tolist())


def stands_well(piece: FurnitureDescription, base: FurnitureDescription) -> bool:
    """Whether `piece` stands on a board of `base`, wholly, and fits under what is above the board."""
    angle = np.radians(base.yaw)
    offset = corners(piece) - np.array(base.position[:2])
    local = np.stack(
        [
            offset[:, 0] * np.cos(angle) + offset[:, 1] * np.sin(angle),
            offset[:, 1] * np.cos(angle) - offset[:, 0] * np.sin(angle),
        ],
        1,
    )
    return any(
        0 <= piece.position[2] - base.position[2] - board.height <= 0.001
        and np.all(local >= np.array(board.low) - 0.002)
        and np.all(local <= np.array(board.high) + 0.002)
        and piece.size[2] <= board.clearance
        for board in CATALOG[base.category].boards(base.size, base.variant)
    )


def interpenetrating(scene: SceneDescription) -> list[tuple[str, str]]:
    """Pairs of furniture whose boxes share a space of more than 40 square centimetres of floor."""
    solid = [piece for piece in scene.furniture if not CATALOG[piece.category].is_ground]
    floors = [cells(piece) for piece in solid]
    low = np.array([corners(piece).min(0) for piece in solid]).reshape(-1, 2)
    high = np.array([corners(piece).max(0) for piece in solid]).reshape(-1, 2)
    found = []
    for i, first in enumerate(solid):
        near = np.nonzero(np.all((low[:i] < high[i]) & (high[:i] > low[i]), axis=1))[0]
        for j in near:
            second = solid[j]
            if second.object_id == first.supported_by or first.object_id == second.supported_by:
                continue
            apart = (
                first.position[2] >= second.position[2] + second.size[2]
                or second.position[2] >= first.position[2] + first.size[2]
            )
            shared = 0 if apart else len(floors[i] & floors[j])
            if shared * CELL**2 >= 0.004:
                found.append((first.category, second.category))
    return found


def outside(scene: SceneDescription) -> list[str]:
    """Furniture that reaches into the walls of its room, or through its ceiling."""
    rooms = {room.room_id: room for room in scene.rooms}
    found = []
    for piece in scene.furniture:
        low, high = np.array(rooms[piece.room].minimum) + 0.055, np.array(rooms[piece.room].maximum) - 0.055
        within = np.all(corners(piece) >= low) and np.all(corners(piece) <= high)
        if not within or piece.position[2] + piece.size[2] >= scene.height:
            found.append(piece.category)
    return found


def floating(scene: SceneDescription) -> list[str]:
    """Furniture that neither stands on the floor or on a board, nor hangs at a wall."""
    pieces = {piece.object_id: piece for piece in scene.furniture}
    rooms = {room.room_id: room for room in scene.rooms}
    found = []
    for piece in scene.furniture:
        if piece.supported_by is not None:
            held = stands_well(piece, pieces[piece.supported_by])
        elif CATALOG[piece.category].stands == "hung":
            room = rooms[piece.room]
            held = np.concatenate([corners(piece) - room.minimum, room.maximum - corners(piece)]).min() < 0.07
        else:
            held = piece.position[2] <= 0.002
        if not held:
            found.append(piece.category)
    return found


def turns_around(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """How often the triangles [F, 3, 3] wind around each of the points [N, 3]: the sum of signed solid angles."""
    a, b, c = (triangles[None, :, k] - points[:, None] for k in range(3))
    la, lb, lc = (np.linalg.norm(side, axis=2) for side in (a, b, c))
    volume = np.einsum("ijk,ijk->ij", a, np.cross(b, c))
    flat = la * lb * lc + np.einsum("ijk,ijk->ij", a, b) * lc
    flat += np.einsum("ijk,ijk->ij", b, c) * la + np.einsum("ijk,ijk->ij", c, a) * lb
    return np.arctan2(volume, flat).sum(1) / (2 * np.pi)


def meshes_in_each_other(scene: EmbeddedScene) -> list[tuple[str, str]]:
    """Pairs of instances of which one has a vertex deeper than the tolerance in the other."""
    mesh = scene.mesh
    slots = [
        slot
        for slot, (_, category, _) in enumerate(scene._entries)
        if category not in ("Floor", "Ceiling") and not (category in CATALOG and CATALOG[category].is_ground)
    ]
    boxes = mesh.boxes[slots]
    lows = np.maximum(boxes[:, None, :3], boxes[None, :, :3]) + TOLERANCE
    highs = np.minimum(boxes[:, None, 3:], boxes[None, :, 3:]) - TOLERANCE
    found = []
    for a, b in np.argwhere(np.all(lows < highs, axis=2)):
        i, j, low, high = slots[a], slots[b], lows[a, b], highs[a, b]
        names = (scene._entries[i][1], scene._entries[j][1])
        if i == j or {*names} <= {"Wall", "Door", "Window"}:
            continue
        points = mesh.vertices[mesh.slot_vertices[i] : mesh.slot_vertices[i + 1]].astype(float)
        points = points[np.all((points > low) & (points < high), axis=1)][::3][:60] + 1.3e-5
        if not len(points):
            continue
        triangles = mesh.vertices[mesh.faces[mesh.slot_faces[j] : mesh.slot_faces[j + 1]]].astype(float)
        points = points[np.abs(turns_around(points, triangles)) > 0.5]
        steps = TOLERANCE * np.concatenate([np.eye(3), -np.eye(3)])
        deep = [np.all(np.abs(turns_around(point + steps, triangles)) > 0.5) for point in points]
        if any(deep):
            found.append(names)
    return found


def faces_in_one_plane(scene: EmbeddedScene) -> list[tuple[str, str]]:
    """Pairs of instances with faces that look the same way, lie in one plane and share over 1 square centimetre.

    Faces that look down at the level of the floor are left out: nobody sees them.
    """
    mesh = scene.mesh
    tips = mesh.vertices[mesh.faces].astype(float)
    normals = np.cross(tips[:, 1] - tips[:, 0], tips[:, 2] - tips[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    slot_of = np.repeat(np.arange(len(mesh.boxes)), np.diff(mesh.slot_faces))
    planes = defaultdict(list)
    for axis in range(3):
        for sign in (-1, 1):
            for face in np.nonzero(normals[:, axis] * sign > 1 - 1e-9)[0]:
                if (axis, sign) == (2, -1) and tips[face, 0, 2] < 0.001:
                    continue
                planes[axis, sign, round(tips[face, 0, axis] * 5000)].append(face)
    found = set()
    for (axis, _, _), faces in planes.items():
        flat = np.delete(tips[faces], axis, axis=2)
        low, high, slots = flat.min(1), flat.max(1), slot_of[faces]
        if len(set(slots.tolist())) == 1:
            continue
        for i in range(len(faces)):
            shared = np.minimum(high[i], high[:i]) - np.maximum(low[i], low[:i])
            for j in np.nonzero((shared > 0.005).all(1) & (slots[:i] != slots[i]))[0]:
                if common_area(flat[i], flat[j]) > 1e-4:
                    found.add(tuple(sorted((scene._entries[slots[i]][1], scene._entries[slots[j]][1]))))
    return sorted(found)


def common_area(first: np.ndarray, second: np.ndarray) -> float:
    """Area that two triangles [3, 2] share: the first is cut by the sides of the second."""

    def signed(points: np.ndarray) -> float:
        x, y = points[:, 0], points[:, 1]
        return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)

    second = second if signed(second) > 0 else second[::-1]
    rest = list(first)
    for k in range(3):
        start, edge = second[k], second[(k + 1) % 3] - second[k]
        side = [edge[0] * (point - start)[1] - edge[1] * (point - start)[0] for point in rest]
        kept = []
        for n, point in enumerate(rest):
            after, here, there = rest[(n + 1) % len(rest)], side[n], side[(n + 1) % len(rest)]
            if here >= 0:
                kept.append(point)
            if (here >= 0) != (there >= 0):
                kept.append(point + (after - point) * here / (here - there))
        rest = kept
        if len(rest) < 3:
            return 0.0
    return abs(signed(np.array(rest)))
