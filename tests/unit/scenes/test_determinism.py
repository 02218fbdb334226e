"""The same bytes in another process, in threads, and as recorded."""

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ipt.scenes.interface import Camera, Scene
from ipt.scenes.open import open_scene

CAMERAS = [Camera((0.3, -0.2, 1.5), 40.0 * k, -8.0, 90.0, 64) for k in range(4)] + [
    Camera((0.0, 0.0, 8.0), 90.0, -90.0, 8.0, 64, "orthographic")
]

RECORDED = {
    ("room", "primary"): [
        "4a1649abce01ac40",
        "9fedfedcbf8e7964",
        "035a23a173d2c101",
        "bc064662d2dfa6f5",
        "6555a441975b561d",
        "790b537595707ad7",
    ],
    ("room", "different"): [
        "84c8fbb9e9727f7f",
        "b029e4e62b328cf4",
        "21210dd1e923ef7b",
        "4b96db680d6f955e",
        "5d357cb064e6c466",
        "e7725d01c5d24c38",
    ],
    ("house", "primary"): [
        "94d7575873be5520",
        "cc5cc6ecfe842baf",
        "e81b6bf5aab4b0f4",
        "ce54d22e5c4abc29",
        "e00e60fb6da71933",
        "c0b6a46575c36608",
    ],
    ("house", "different"): [
        "0cee0145fe6cda96",
        "a70ad63b723c46d4",
        "7cabad57c9c76c3c",
        "c5bd78317608a53d",
        "80c7e0dfc812d2d4",
        "d3047d5b61a10319",
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


def test_another_process_gives_the_same_bytes(room):
    here = [room.digest, *(fingerprint(room, camera) for camera in CAMERAS)]
    folder = str(__file__).rsplit("/", 1)[0]
    run = subprocess.run([sys.executable, "-c", PROGRAM, folder], capture_output=True, text=True, check=True)
    assert run.stdout.split() == here


def test_threads_give_the_same_bytes(room):
    once = [fingerprint(room, camera) for camera in CAMERAS]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda camera: fingerprint(room, camera), CAMERAS * 3)) == once * 3


@pytest.mark.parametrize(("layout", "environment"), list(RECORDED))
def test_frames_are_as_recorded(layout, environment, request):
    config = request.getfixturevalue(f"{layout}_config")
    scene = open_scene(config, environment, "train", int(layout == "house"))
    assert [scene.digest[:16], *(fingerprint(scene, camera) for camera in CAMERAS)] == RECORDED[layout, environment]
