"""What a ray hits first: a tree of boxes over the triangles.

Faces seen from behind are skipped, as in the rasteriser, so that both agree on what is visible.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.embedded.kernels import allocating_kernel, helper, inlined, kernel
from ipt.scenes.embedded.meshes import Mesh

LEAF = 4
"""Most triangles in a leaf."""


class Tree(NamedTuple):
    """Nodes in depth-first order; leaves name a run of `order`."""

    boxes: NDArray[np.float64]
    """[N, 6] minimum and maximum"""
    links: NDArray[np.int64]
    """[N, 2]: (left child, right child), or (-1 - first, count) in a leaf"""
    order: NDArray[np.int64]
    """[F] face numbers"""
    corners: NDArray[np.float64]
    """[F, 9] corner and two edges of every face, in `order`"""


@allocating_kernel
def _build(low: Any, high: Any, boxes: Any, links: Any, order: Any) -> int:
    """Split at the middle of the centroids' longest side, until leaves are small. Returns the number of nodes."""
    stack = np.empty((128, 3), np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, 0, len(order)
    depth, nodes = 1, 1
    while depth > 0:
        depth -= 1
        node, begin, end = stack[depth, 0], stack[depth, 1], stack[depth, 2]
        boxes[node, :3], boxes[node, 3:] = 1e30, -1e30
        least, most = np.full(3, 1e30), np.full(3, -1e30)
        for k in range(begin, end):
            for axis in range(3):
                a, b = low[order[k], axis], high[order[k], axis]
                boxes[node, axis] = min(boxes[node, axis], a)
                boxes[node, axis + 3] = max(boxes[node, axis + 3], b)
                least[axis], most[axis] = min(least[axis], a + b), max(most[axis], a + b)
        if end - begin <= LEAF:
            links[node, 0], links[node, 1] = -1 - begin, end - begin
            continue
        axis = 0
        for other in range(1, 3):
            if most[other] - least[other] > most[axis] - least[axis]:
                axis = other
        cut = (least[axis] + most[axis]) * 0.5
        middle, last = begin, end
        while middle < last:
            face = order[middle]
            if low[face, axis] + high[face, axis] < cut:
                middle += 1
            else:
                last -= 1
                order[middle], order[last] = order[last], face
        if middle in (begin, end) or depth > 120:
            middle = (begin + end) // 2
        links[node, 0], links[node, 1] = nodes, nodes + 1
        stack[depth, 0], stack[depth, 1], stack[depth, 2] = nodes, begin, middle
        stack[depth + 1, 0], stack[depth + 1, 1], stack[depth + 1, 2] = nodes + 1, middle, end
        depth += 2
        nodes += 2
    return nodes


def build_tree(mesh: Mesh) -> Tree:
    """The tree over all faces of `mesh`."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    count = len(corners)
    boxes, links = np.empty((2 * count + 1, 6)), np.empty((2 * count + 1, 2), np.int64)
    order = np.arange(count)
    nodes = _build(corners.min(1), corners.max(1), boxes, links, order)
    sorted_corners = corners[order]
    flat = np.concatenate(
        [
            sorted_corners[:, 0],
            sorted_corners[:, 1] - sorted_corners[:, 0],
            sorted_corners[:, 2] - sorted_corners[:, 0],
        ],
        1,
    )
    return Tree(boxes[:nodes].copy(), links[:nodes].copy(), order, flat)


def empty_tree() -> Tree:
    """A tree of nothing, for views without mirrors."""
    return Tree(np.zeros((0, 6)), np.zeros((0, 2), np.int64), np.zeros(0, np.int64), np.zeros((0, 9)))


@inlined
def _enters(box: Any, origin: Any, inverse: Any, nearest: float) -> Any:
    first, last = 0.0, nearest
    for axis in range(3):
        a, b = (box[axis] - origin[axis]) * inverse[axis], (box[axis + 3] - origin[axis]) * inverse[axis]
        first, last = max(first, min(a, b)), min(last, max(a, b))
    return first <= last


@helper
def first_hit(tree: Tree, origin: Any, direction: Any, stack: Any, inverse: Any) -> Any:
    """(face, or -1; how many directions away) of what a ray hits first; `stack` int64 [128], `inverse` [3]: scratch."""
    for axis in range(3):
        safe = direction[axis] if abs(direction[axis]) > 1e-12 else 1e-12
        inverse[axis] = 1.0 / safe
    nearest, best = 1e30, -1
    stack[0], depth = 0, 1
    while depth > 0:
        depth -= 1
        node = stack[depth]
        if not _enters(tree.boxes[node], origin, inverse, nearest):
            continue
        if tree.links[node, 0] >= 0:
            stack[depth], stack[depth + 1] = tree.links[node, 0], tree.links[node, 1]
            depth += 2
            continue
        first = -1 - tree.links[node, 0]
        for k in range(first, first + tree.links[node, 1]):
            c = tree.corners[k]
            px = direction[1] * c[8] - direction[2] * c[7]
            py = direction[2] * c[6] - direction[0] * c[8]
            pz = direction[0] * c[7] - direction[1] * c[6]
            det = c[3] * px + c[4] * py + c[5] * pz
            if det <= 1e-18:  # from behind, or edge-on
                continue
            tx, ty, tz = origin[0] - c[0], origin[1] - c[1], origin[2] - c[2]
            u = (tx * px + ty * py + tz * pz) / det
            if u < 0.0 or u > 1.0:
                continue
            qx, qy, qz = ty * c[5] - tz * c[4], tz * c[3] - tx * c[5], tx * c[4] - ty * c[3]
            v = (direction[0] * qx + direction[1] * qy + direction[2] * qz) / det
            if v < 0.0 or u + v > 1.0:
                continue
            t = (c[6] * qx + c[7] * qy + c[8] * qz) / det
            if 1e-6 < t < nearest:
                nearest, best = t, tree.order[k]
    return best, nearest


@kernel
def _cast(tree: Tree, origins: Any, directions: Any, stack: Any, inverse: Any, faces: Any, distances: Any) -> None:
    for ray in range(len(origins)):
        faces[ray], distances[ray] = first_hit(tree, origins[ray], directions[ray], stack, inverse)


def cast_rays(
    tree: Tree, origins: NDArray[np.float64], directions: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First face along each ray ([N, 3] origins and directions): int64 [N] (-1: none), and how many directions away."""
    faces, distances = np.empty(len(origins), np.int64), np.empty(len(origins))
    _cast(
        tree,
        np.ascontiguousarray(origins, np.float64),
        np.ascontiguousarray(directions, np.float64),
        np.empty(128, np.int64),
        np.empty(3),
        faces,
        distances,
    )
    return faces, distances
