"""The same bytes in another process, in threads, and as recorded."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ipt.scenes.interface import Camera, Scene
from ipt.scenes.open import open_scene

CAMERAS = [Camera((0.3, -0.2, 1.5), 40.0 * k, -8.0, 90.0, 64) for k in range(4)] + [
    Camera((0.0, 0.0, 8.0), 90.0, -90.0, 8.0, 64, "orthographic")
]

RECORDED = {
    ("room", "primary"): [
        "4a1649abce01ac40",
        "c1ede978d1d8c48a",
        "d53cb2f32dafe074",
        "8601f31541f57c2c",
        "f749ce3580d9dae6",
        "790b537595707ad7",
    ],
    ("room", "different"): [
        "84c8fbb9e9727f7f",
        "3304b1c656fa6720",
        "d7972f756cccaae9",
        "9d6640bee787d85e",
        "80eca054eaaca4d2",
        "e7725d01c5d24c38",
    ],
    ("house", "primary"): [
        "94d7575873be5520",
        "22a768ebc099862e",
        "2729341cf757f556",
        "ea3f3ba94142d55c",
        "7492446c960c8358",
        "6e275429a5761b3c",
    ],
    ("house", "different"): [
        "0cee0145fe6cda96",
        "abe507cb8c97a56b",
        "36d408008e4462d0",
        "ea6fae854f6fc06b",
        "32fccb73a68b9edb",
        "f35f0f621aa01bcc",
    ],
}
"""Digests of the scene and of its five frames, of scene train/0 (room) and train/1 (house); equal with AVX-512 and with
LLVM's `generic` x86-64 target. A change of geometry or shading changes them: look at the gallery, then record anew."""

PROGRAM = """
import sys
from ipt.config import load_config
from ipt.scenes.open import open_scene
sys.path.insert(0, sys.argv[1])
from test_determinism import CAMERAS, fingerprint
scene = open_scene(load_config("smoke"), "primary", "train", 0)
print(scene.digest, *(fingerprint(scene, camera) for camera in CAMERAS))
"""


def fingerprint(scene: Scene, camera: Camera) -> str:
    low, high = scene.rooms[0].minimum, scene.rooms[0].maximum
    x, y, z = camera.position  # from the middle of the first room
    x, y = x + round((low[0] + high[0]) / 2, 1), y + round((low[1] + high[1]) / 2, 1)
    camera = replace(camera, position=(x, y, z))
    frame = scene.render(camera, open_top=camera.projection == "orthographic")
    digest = hashlib.sha256()
    for part in (frame.rgb, frame.depth, frame.instance):
        digest.update(part.tobytes())
    return digest.hexdigest()[:16]


def in_another_process(**environment: str) -> list[str]:
    folder = str(Path(__file__).parent)
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return run.stdout.split()


def test_another_process_gives_the_same_bytes(room):
    assert in_another_process() == [room.digest, *(fingerprint(room, camera) for camera in CAMERAS)]


@pytest.mark.e2e
def test_another_processor_target_gives_the_same_bytes(room, tmp_path):
    """Machine code for LLVM's plainest x86-64: no AVX, no fused multiply-add. All is compiled anew (a minute)."""
    here = [room.digest, *(fingerprint(room, camera) for camera in CAMERAS)]
    assert in_another_process(NUMBA_CPU_NAME="generic", NUMBA_CACHE_DIR=str(tmp_path)) == here


def test_threads_give_the_same_bytes(room):
    once = [fingerprint(room, camera) for camera in CAMERAS]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda camera: fingerprint(room, camera), CAMERAS * 3)) == once * 3


@pytest.mark.parametrize(("layout", "environment"), list(RECORDED))
def test_frames_are_as_recorded(layout, environment, request):
    config = request.getfixturevalue(f"{layout}_config")
    scene = open_scene(config, environment, "train", int(layout == "house"))
    assert [scene.digest[:16], *(fingerprint(scene, camera) for camera in CAMERAS)] == RECORDED[layout, environment]
