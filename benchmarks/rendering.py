"""How fast the embedded simulator renders, against Embree in the same run: `python benchmarks/rendering.py [reps]`.

Goals: ids and depth at 1024 px twice as fast as Embree's coherent 16-ray packets, at 256 px no slower; a sweep of 147
views at 128 px in at most 1.5 times the packets' time, with a mean relative coverage error below 1 %; shaded RGB at
512 px in at most 20 times the packets' ids and depth; two threads, a frame each, 1.9 times as fast as one.

Times are CPU milliseconds of the calling thread, the least of several repetitions, mean over 20 cameras of one house.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.embree_packets import Rival
from ipt.config import EnvironmentConfig, PtConfig
from ipt.scenes.embedded.generate import generate_scene
from ipt.scenes.embedded.raster import view_of
from ipt.scenes.embedded.scene import EmbeddedScene
from ipt.scenes.gallery import room_camera
from ipt.scenes.interface import Camera

CAMERAS = 20
SWEEPS = 5
"""Poses around which the sweep is measured."""


def milliseconds(work: Callable[[Camera], object], cameras: list[Camera], reps: int) -> float:
    """Mean over `cameras` of the least CPU time of `reps` calls."""
    least = np.full(len(cameras), np.inf)
    for _ in range(reps):
        for k, camera in enumerate(cameras):
            begin = time.thread_time()
            work(camera)
            least[k] = min(least[k], time.thread_time() - begin)
    return float(least.mean() * 1e3)


def at_size(cameras: list[Camera], size: int) -> list[Camera]:
    """The same views, `size` pixels wide."""
    return [Camera(one.position, one.yaw, one.pitch, one.extent, size) for one in cameras]


def sweep_views(scene: EmbeddedScene, camera: Camera, size: int) -> list[Camera]:
    """7 offsets across, 7 yaws and 3 pitches around `camera`, as pt's sweep has by default."""
    settings = PtConfig()
    right = camera.basis()[0]
    views = []
    for offset in np.linspace(-0.5, 0.5, settings.sweep_offsets) * settings.sweep_offset_span:
        x, y, z = np.array(camera.position) + offset * right
        if not scene.is_clear(Camera((float(x), float(y), float(z)), 0.0), 0.02):
            x, y, z = camera.position
        for yaw in np.linspace(-0.5, 0.5, settings.sweep_yaws) * settings.sweep_yaw_span:
            for pitch in np.linspace(-0.5, 0.5, settings.sweep_pitches) * settings.sweep_pitch_span:
                place = (float(x), float(y), float(z))
                views.append(Camera(place, camera.yaw + float(yaw), float(pitch), settings.side_field_of_view, size))
    return views


def coverage_error(scene: EmbeddedScene, views: list[Camera]) -> float:
    """Mean relative error of the share of the image of every instance of 1 % or more, against 1024 px."""
    errors = []
    for coarse, fine in zip(views, at_size(views, 1024), strict=True):
        shares = []
        for camera in (coarse, fine):
            ids = scene.render(camera, rgb=False).instance
            assert ids is not None
            shares.append(np.bincount(ids.ravel(), minlength=max(scene.objects) + 1) / ids.size)
        large = shares[1] >= 0.01
        errors.append(np.abs(shares[0] - shares[1])[large] / shares[1][large])
    return float(np.concatenate(errors).mean())


def main(reps: int) -> None:
    """Print a table of times and ratios."""
    name = next(
        name
        for name in (f"embedded-house-standard/test/{index:05d}" for index in range(200))
        if len(generate_scene(name, EnvironmentConfig(layout="house")).rooms) >= 8
    )
    scene = EmbeddedScene(generate_scene(name, EnvironmentConfig(layout="house")))
    rival = Rival(scene.mesh)
    cameras = [room_camera(scene, 1024, view) for view in range(CAMERAS)]
    print(
        f"{name}: {len(scene.rooms)} rooms, {len(scene.objects)} instances, {len(scene.mesh.faces)} triangles;"
        f" load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )

    def ours(camera: Camera) -> object:
        return scene.render(camera, rgb=False)

    def packets(camera: Camera) -> np.ndarray:
        ids, depth = np.empty((camera.size,) * 2, np.int32), np.empty((camera.size,) * 2, np.float32)
        rival.packets(view_of(camera), camera.size, scene.face_ids, ids, depth)
        return ids

    def api(camera: Camera) -> np.ndarray:
        return rival.api_ids(view_of(camera), camera.size, scene.face_ids)

    packet_ms = {}
    for size in (1024, 512, 256, 128):
        views = at_size(cameras, size)
        same = np.mean([np.mean(scene.render(view, rgb=False).instance == packets(view)) for view in views[:5]])
        own, packet_ms[size] = milliseconds(ours, views, reps), milliseconds(packets, views, reps)
        by_api = milliseconds(api, views[:4], 1)
        print(
            f"ids + depth {size:4d} px: ours {own:7.2f} ms, packets {packet_ms[size]:7.2f} ms"
            f" ({packet_ms[size] / own:.2f}x), embreex API {by_api:7.1f} ms ({by_api / own:.0f}x); same ids {same:.4%}"
        )
    own = theirs = 0.0
    errors = []
    for camera in cameras[:: CAMERAS // SWEEPS][:SWEEPS]:
        views = sweep_views(scene, camera, 128)
        own += milliseconds(ours, views, reps) * len(views) / SWEEPS
        theirs += milliseconds(packets, views, reps) * len(views) / SWEEPS
        errors.append(coverage_error(scene, views[::7]))
    ratio = f"ours {own:.0f} ms, packets {theirs:.0f} ms ({own / theirs:.2f}x)"
    print(
        f"sweep of {len(views)} views: {ratio}; mean relative coverage error"
        f" {np.mean(errors):.2%} ({', '.join(f'{error:.2%}' for error in errors)})"
    )
    views = at_size(cameras, 512)
    scene.render(views[0])
    shaded = milliseconds(lambda camera: scene.render(camera), views, max(1, reps // 2))
    print(f"shaded RGB 512 px: {shaded:.0f} ms, {shaded / packet_ms[512]:.1f} times the packets' ids + depth")

    def wall(workers: int) -> float:
        with ThreadPoolExecutor(workers) as pool:
            begin = time.perf_counter()
            list(pool.map(scene.render, views))
            return time.perf_counter() - begin

    one, two = (min(wall(workers) for _ in range(2)) for workers in (1, 2))
    print(f"two threads, a frame each: {one / two:.2f}x (wall time, so only on an idle machine)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
