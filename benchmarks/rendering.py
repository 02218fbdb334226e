"""How fast the embedded simulator renders, against Embree in the same run: `python -m benchmarks.rendering [--write]`.

Goals: ids and depth at 1024 px twice as fast as Embree's coherent 16-ray packets, at 256 px no slower; a sweep of 147
views at 128 px in at most 1.5 times the packets' time, with a mean relative coverage error below 1 %; shaded RGB at
512 px in at most 20 times the packets' ids and depth; two threads, a frame each, 1.9 times as fast as one.

Times are CPU milliseconds of the calling thread, the least of several repetitions, mean over 20 cameras of one house,
so that other work on the machine hardly counts; the two threads are wall time and want an idle machine. `--write` puts
the figures into `measured/rendering.json`.
"""

import argparse
import os
import resource
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np

from benchmarks.embree_packets import Rival
from benchmarks.tasks import processor
from ipt.config import EnvironmentConfig, PtConfig
from ipt.datasets.files import write_json
from ipt.scenes.embedded.generate import generate_scene
from ipt.scenes.embedded.occlusion import contact_shadows, spread_contact_shadows
from ipt.scenes.embedded.raster import rasterize
from ipt.scenes.embedded.scene import FINE, EmbeddedScene
from ipt.scenes.embedded.view import view_of
from ipt.scenes.gallery import room_camera
from ipt.scenes.interface import Camera

MEASURED = Path(__file__).parent / "measured" / "rendering.json"
CAMERAS = 20
SIZES = (1024, 512, 256, 128)
API_VIEWS = 4
"""Views that embreex's slow Python API renders."""
SWEEP_HOUSES = (("standard", 8, 5), ("standard", 3, 3), ("alternate", 5, 4))
"""Style, least rooms, and poses of every house in which sweeps are measured; the first is the house of all else."""
EVERY = 7
"""Of a sweep's views, one in so many is held against 1024 px."""
THREADED_ROUNDS = 3
GOALS = {
    "1024": "at least 2x",
    "256": "at least 1x",
    "sweep": "at most 1.5x",
    "coverage": "below 1 %",
    "rgb": "at most 20x",
    "threads": "at least 1.9x",
}

Work = Callable[[Camera], object]


def house(style: Any, rooms: int) -> EmbeddedScene:
    """The first test house of a style with at least so many rooms."""
    settings = EnvironmentConfig(layout="house", style=style)
    for index in range(200):
        scene = generate_scene(f"embedded-house-{style}/test/{index:05d}", settings)
        if len(scene.rooms) >= rooms:
            return EmbeddedScene(scene)
    raise AssertionError(f"no {style} house of {rooms} rooms among 200")


def milliseconds(work: Work, cameras: list[Camera], reps: int) -> float:
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


class Contest:
    """One scene, ours and in Embree."""

    def __init__(self, scene: EmbeddedScene) -> None:
        self.scene, self._rival = scene, Rival(scene.mesh)

    def ours(self, camera: Camera) -> object:
        """Ids and depth."""
        return self.scene.render(camera, rgb=False)

    def centred(self, camera: Camera) -> Any:
        """Ids at pixel centres."""
        return self.scene.render(camera, rgb=False).instance

    def packets(self, camera: Camera) -> np.ndarray:
        """Ids and depth by coherent packets."""
        ids, depth = np.empty((camera.size,) * 2, np.int32), np.empty((camera.size,) * 2, np.float32)
        self._rival.packets(view_of(camera), camera.size, self.scene.face_ids, ids, depth)
        return ids

    def api(self, camera: Camera) -> np.ndarray:
        """Ids by embreex's Python API."""
        return self._rival.api_ids(view_of(camera), camera.size, self.scene.face_ids)


def visibility(contest: Contest, cameras: list[Camera], reps: int) -> dict[str, Any]:
    """Ids and depth at every size: milliseconds of all three, and the share of pixels with the same id."""
    found = {}
    for size in SIZES:
        views = at_size(cameras, size)
        same = [np.mean(contest.scene.render(view, rgb=False).instance == contest.packets(view)) for view in views[:5]]
        own, packets = milliseconds(contest.ours, views, reps), milliseconds(contest.packets, views, reps)
        api = milliseconds(contest.api, views[:API_VIEWS], max(1, reps // 2))
        found[str(size)] = {
            "ours_ms": round(own, 3),
            "packets_ms": round(packets, 3),
            "api_ms": round(api, 2),
            "faster_than_packets": round(packets / own, 3),
            "faster_than_api": round(api / own, 1),
            "same_ids": round(float(np.mean(same)), 6),
        }
        print(
            f"ids + depth {size:4d} px: ours {own:7.2f} ms, packets {packets:7.2f} ms ({packets / own:.2f}x"
            f"{'; goal ' + GOALS[str(size)] if str(size) in GOALS else ''}), embreex API {api:7.1f} ms"
            f" ({api / own:.0f}x); same ids {np.mean(same):.4%}",
            flush=True,
        )
    return found


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


def coverage_error(scene: EmbeddedScene, views: list[Camera], ids_of: Callable[[Camera], Any]) -> float:
    """Mean relative error of the share of the image of every instance of 1 % or more, against 1024 px."""
    errors = []
    for coarse, fine in zip(views, at_size(views, 1024), strict=True):
        shares = []
        for ids in (ids_of(coarse), scene.render(fine, rgb=False).instance):
            shares.append(np.bincount(ids.ravel(), minlength=max(scene.objects) + 1) / ids.size)
        large = shares[1] >= 0.01
        errors.append(np.abs(shares[0] - shares[1])[large] / shares[1][large])
    return float(np.concatenate(errors).mean())


def sweeps(contests: list[Contest], reps: int) -> dict[str, Any]:
    """A sweep as pt makes it, around several poses of every house: milliseconds, and coverage errors by pose."""
    own, theirs, errors, centred = [], [], [], []
    for contest, (_, _, poses) in zip(contests, SWEEP_HOUSES, strict=True):
        scene = contest.scene
        for pose in range(poses):
            views = sweep_views(scene, room_camera(scene, 128, pose * CAMERAS // poses), 128)
            own.append(milliseconds(scene.survey, views, reps) * len(views))
            theirs.append(milliseconds(contest.packets, views, reps) * len(views))
            errors.append(coverage_error(scene, views[::EVERY], scene.survey))
            centred.append(coverage_error(scene, views[::EVERY], contest.centred))
    print(
        f"sweep of {len(views)} views: ours {np.mean(own):.0f} ms, packets {np.mean(theirs):.0f} ms"
        f" ({sum(own) / sum(theirs):.2f}x; goal {GOALS['sweep']}); mean relative coverage error {np.mean(errors):.2%}"
        f" (goal {GOALS['coverage']}; {min(errors):.2%} to {max(errors):.2%} by pose, {len(errors)} poses of"
        f" {len(contests)} houses; {np.mean(centred):.2%} at pixel centres)",
        flush=True,
    )
    return {
        "views": len(views),
        "poses": len(errors),
        "houses": len(contests),
        "ours_ms": round(float(np.mean(own)), 1),
        "packets_ms": round(float(np.mean(theirs)), 1),
        "of_packets": round(sum(own) / sum(theirs), 3),
        "coverage_error": round(float(np.mean(errors)), 5),
        "coverage_error_by_pose": [round(error, 5) for error in errors],
        "coverage_error_at_centres": round(float(np.mean(centred)), 5),
    }


def shaded(scene: EmbeddedScene, cameras: list[Camera], packets_ms: float, reps: int) -> dict[str, Any]:
    """RGB at 512 px, and its parts."""
    views = at_size(cameras, 512)
    scene.render(views[0])
    whole, seen = (
        milliseconds(scene.render, views, reps),
        milliseconds(lambda one: scene.render(one, rgb=False), views, reps),
    )
    hidden, pairs = np.zeros(len(scene.mesh.boxes), np.bool_), FINE[1]
    half, full = np.empty((256, 256), np.float32), np.empty((512, 512), np.float32)
    drawn = {one: rasterize(scene.mesh, view_of(one), 1024, hidden)[0] for one in views}
    twice = milliseconds(lambda one: rasterize(scene.mesh, view_of(one), 1024, hidden), views, reps)
    contact = milliseconds(lambda one: contact_shadows(drawn[one], view_of(one), pairs, half), views, reps)
    spread = milliseconds(lambda one: spread_contact_shadows(half, drawn[one], full), views, reps)
    parts = {
        "ids_and_depth_ms": round(seen, 2),
        "visibility_at_twice_the_size_ms": round(twice, 2),
        "contact_shadows_ms": round(contact, 2),
        "contact_shadows_to_full_size_ms": round(spread, 2),
        "shading_ms": round(whole - seen - twice - contact - spread, 2),
    }
    print(
        f"shaded RGB 512 px: {whole:.0f} ms, {whole / packets_ms:.1f} times the packets' ids + depth"
        f" (goal {GOALS['rgb']})"
    )
    print(
        "  of which " + ", ".join(f"{name[:-3].replace('_', ' ')} {value:.1f} ms" for name, value in parts.items()),
        flush=True,
    )
    return {"ms": round(whole, 2), "of_packets": round(whole / packets_ms, 2), "parts": parts}


def drawing(scene: EmbeddedScene, cameras: list[Camera], reps: int) -> dict[str, Any]:
    """Where the time of ids and depth at 1024 px goes."""
    hidden = np.zeros(len(scene.mesh.boxes), np.bool_)
    drawn = milliseconds(lambda one: rasterize(scene.mesh, view_of(one), 1024, hidden), cameras, reps)
    setup = milliseconds(lambda one: rasterize(scene.mesh, view_of(one), 16, hidden), cameras, reps)
    whole = milliseconds(lambda one: scene.render(one, rgb=False), cameras, reps)
    print(
        f"ids + depth 1024 px: drawing {drawn:.2f} ms (into 16 px: {setup:.2f} ms),"
        f" faces to ids and metres {whole - drawn:.2f} ms",
        flush=True,
    )
    return {"drawing_ms": round(drawn, 3), "drawing_16_px_ms": round(setup, 3), "resolving_ms": round(whole - drawn, 3)}


def frames_together(scene: EmbeddedScene, views: list[Camera], workers: int) -> tuple[float, float, float]:
    """(frames a second of all workers, CPU milliseconds a frame, waits for a lock a frame) when each of them renders
    all views at once.

    Every worker has the same to do, and the clock stops with the last: no tail in which one waits for the other, and
    no work handed out by Python between frames.
    """
    gate, spent, waits = threading.Barrier(workers + 1), [0.0] * workers, [0] * workers

    def work(number: int) -> None:
        gate.wait()
        begin, switches = time.thread_time(), resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
        for view in views:
            scene.render(view)
        spent[number] = time.thread_time() - begin
        waits[number] = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - switches

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    gate.wait()
    begin = time.perf_counter()
    for thread in threads:
        thread.join()
    count = workers * len(views)
    return count / (time.perf_counter() - begin), sum(spent) / count * 1e3, sum(waits) / count


def two_threads(scene: EmbeddedScene, cameras: list[Camera]) -> dict[str, Any]:
    """Frame-parallel RGB at 512 px: the best of several rounds with one thread and with two, in turn."""
    views = at_size(cameras, 512)
    rounds = [(frames_together(scene, views, 1), frames_together(scene, views, 2)) for _ in range(THREADED_ROUNDS)]
    one, two = (max(pair[k][0] for pair in rounds) for k in range(2))
    alone, beside = (min(pair[k][1] for pair in rounds) for k in range(2))
    waits, load = min(pair[1][2] for pair in rounds), os.getloadavg()[0]
    print(
        f"two threads, a frame each: {two / one:.2f}x (goal {GOALS['threads']}; wall time, load {load:.1f}: only an"
        f" idle machine says anything); CPU time of a frame {alone:.1f} ms alone, {beside:.1f} ms beside another, which"
        f" leaves {2 * alone / beside:.2f}x; {waits:.2f} waits for a lock a frame",
        flush=True,
    )
    return {
        "speedup": round(two / one, 3),
        "speedup_by_cpu_time": round(2 * alone / beside, 3),
        "waits_a_frame": round(waits, 3),
        "frames_per_second": [round(one, 2), round(two, 2)],
        "load": round(load, 1),
    }


def main() -> None:
    """Measure, print, and with `--write` keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=5, help="repetitions of which the least time counts")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {MEASURED.name}")
    chosen = parser.parse_args()
    if chosen.reps < 1:
        parser.error("--reps: must be at least 1")
    contests = [Contest(house(style, rooms)) for style, rooms, _ in SWEEP_HOUSES]
    scene, load = contests[0].scene, os.getloadavg()[0]
    cameras = [room_camera(scene, 1024, view) for view in range(CAMERAS)]
    about = (
        f"{scene.scene_id}: {len(scene.rooms)} rooms, {len(scene.objects)} instances, {len(scene.mesh.faces)} triangles"
    )
    print(f"{about}; load {load:.1f} on {os.cpu_count()} cores", flush=True)
    seen = visibility(contests[0], cameras, chosen.reps)
    figures = {
        "machine": processor(),
        "date": date.today().isoformat(),
        "command": f"python -m benchmarks.rendering --reps {chosen.reps} --write",
        "load": round(load, 1),
        "scene": about,
        "cameras": CAMERAS,
        "ids_and_depth": seen,
        "ids_and_depth_parts": drawing(scene, cameras, chosen.reps),
        "sweep": sweeps(contests, max(1, chosen.reps // 2)),
        "rgb_512": shaded(scene, cameras, seen["512"]["packets_ms"], max(1, chosen.reps // 2)),
        "two_threads": two_threads(scene, cameras),
    }
    if chosen.write:
        write_json(MEASURED, figures)


if __name__ == "__main__":
    main()
