"""Embree as a rival for ids and depth: through embreex's Python API, and as 16-ray packets from compiled loops.

embreex offers whole bundles of single rays only. Packets with the coherent flag are called in the very library that
the wheel brings (`libembree4`), through ctypes from numba loops: 4 x 4 pixels a packet.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path

import embreex
import numba
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from ipt.scenes.embedded.meshes import Mesh
from ipt.scenes.embedded.view import View

COHERENT = 1 << 16
SINGLE_RAY_WORDS, PACKET_WORDS = 32, 24 * 16


class _Arguments(ctypes.Structure):
    """RTCIntersectArguments of Embree 4."""

    _fields_ = [
        ("flags", ctypes.c_uint),
        ("features", ctypes.c_uint),
        ("context", ctypes.c_void_p),
        ("filter", ctypes.c_void_p),
        ("intersect", ctypes.c_void_p),
        ("padding", ctypes.c_void_p * 4),
    ]


def _library() -> ctypes.CDLL:
    folder = Path(embreex.__file__).parent.parent / "embreex.libs"
    return ctypes.CDLL(str(next(folder.glob("libembree4*"))))


class Rival:
    """A scene's triangles in Embree."""

    def __init__(self, mesh: Mesh) -> None:
        self.vertices = np.concatenate([mesh.vertices.ravel(), np.zeros(4, np.float32)])  # Embree reads past the end
        self.faces = np.ascontiguousarray(mesh.faces, np.uint32)
        library = self.library = _library()
        for name in ("rtcNewDevice", "rtcNewScene", "rtcNewGeometry"):
            getattr(library, name).restype = ctypes.c_void_p
        device = ctypes.c_void_p(library.rtcNewDevice(b"threads=1"))
        scene = ctypes.c_void_p(library.rtcNewScene(device))
        geometry = ctypes.c_void_p(library.rtcNewGeometry(device, 0))
        size = ctypes.c_size_t
        for kind, code, array, count in ((1, 0x9003, self.vertices, len(mesh.vertices)), (0, 0x5003, self.faces, None)):
            library.rtcSetSharedGeometryBuffer(
                geometry,
                kind,
                0,
                code,
                ctypes.c_void_p(array.ctypes.data),
                size(0),
                size(12),
                size(len(array) if count is None else count),
            )
        library.rtcCommitGeometry(geometry)
        library.rtcAttachGeometry(scene, geometry)
        library.rtcCommitScene(scene)
        self.scene = scene.value
        self.arguments = _Arguments(COHERENT, 0xFFFFFFFF, None, None, None)
        packet = library.rtcIntersect16
        packet.argtypes, packet.restype = [ctypes.c_void_p] * 4, None
        self._loop = _packet_loop(packet)
        self.api = EmbreeScene()
        TriangleMesh(self.api, mesh.vertices.astype(np.float32), mesh.faces.astype(np.int32))

    def packets(self, view: View, size: int, slots: np.ndarray, ids: np.ndarray, depth: np.ndarray) -> None:
        """Ids (`slots` of the hit face; 0: nothing) and depth [size, size] of a perspective view."""
        words, rays = _aligned(PACKET_WORDS)
        valid, _ = _aligned(16)
        valid.view(np.int32)[:] = -1
        self._loop(
            ctypes.addressof(self.arguments),
            self.scene,
            valid.ctypes.data,
            words.ctypes.data,
            words,
            words.view(np.int32),
            view.origin,
            view.basis,
            view.half,
            slots,
            ids,
            depth,
        )
        del rays

    def api_ids(self, view: View, size: int, slots: np.ndarray) -> np.ndarray:
        """Ids by the Python API: all rays of the view in one call."""
        step = (2 * (np.arange(size) + 0.5) / size - 1) * view.half
        rays = view.basis[2] + step[None, :, None] * view.basis[0] - step[:, None, None] * view.basis[1]
        rays = np.ascontiguousarray(rays.reshape(-1, 3), np.float32)
        origins = np.repeat(view.origin[None].astype(np.float32), len(rays), 0)
        hit = self.api.run(origins, rays)
        return np.where(hit >= 0, slots[hit], 0)


def _aligned(words: int) -> tuple[np.ndarray, np.ndarray]:
    raw = np.zeros(words * 4 + 64, np.uint8)
    skip = (-raw.ctypes.data) % 64
    return raw[skip : skip + words * 4].view(np.float32), raw


def _packet_loop(packet: Callable[..., None]) -> Callable[..., None]:
    @numba.njit(nogil=True, error_model="numpy")
    def loop(arguments, scene, valid, address, real, whole, origin, basis, half, slots, ids, depth):  # type: ignore[no-untyped-def]
        size = len(ids)
        for row in range(0, size, 4):
            for column in range(0, size, 4):
                for lane in range(16):
                    up = (1 - 2 * (row + (lane >> 2) + 0.5) / size) * half
                    right = (2 * (column + (lane & 3) + 0.5) / size - 1) * half
                    for axis in range(3):
                        real[axis * 16 + lane] = origin[axis]
                        real[(4 + axis) * 16 + lane] = basis[2, axis] + right * basis[0, axis] + up * basis[1, axis]
                    real[3 * 16 + lane] = 0.0
                    real[7 * 16 + lane] = 0.0
                    real[8 * 16 + lane] = 1e30
                    whole[9 * 16 + lane] = -1
                    whole[10 * 16 + lane] = 0
                    whole[11 * 16 + lane] = 0
                    whole[18 * 16 + lane] = -1
                packet(valid, scene, address, arguments)
                for lane in range(16):
                    a, b = row + (lane >> 2), column + (lane & 3)
                    if whole[18 * 16 + lane] != -1:
                        ids[a, b] = slots[whole[17 * 16 + lane]]
                        depth[a, b] = real[8 * 16 + lane]  # rays are not unit vectors: this is depth
                    else:
                        ids[a, b] = 0
                        depth[a, b] = np.inf

    return loop
