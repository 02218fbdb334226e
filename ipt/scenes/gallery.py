"""Views that show what a scene or a category looks like: a map, rooms at eye height, one piece alone."""

import numpy as np
from numpy.typing import NDArray

from ipt.scenes.interface import Camera, Scene
from ipt.seeding import content_rng

EYE_HEIGHT = 1.5


def map_camera(scene: Scene, size: int, margin: float = 0.1) -> Camera:
    """An orthographic view straight down, north up, that holds the whole scene and `margin` metres around it."""
    (x0, y0, _), (x1, y1, z1) = scene.bounds
    extent = max(x1 - x0, y1 - y0) + 2 * margin
    return Camera(((x0 + x1) / 2, (y0 + y1) / 2, z1 + 5.0), 90.0, -90.0, extent, size, "orthographic")


def room_camera(scene: Scene, size: int, view: int = 0) -> Camera:
    """First-person view number `view`: another room each, from the place of several that shows most, farthest away."""
    rng = content_rng(scene.scene_id, "gallery", view)
    room = scene.rooms[view % len(scene.rooms)]
    positions = scene.navigable_positions()
    inside = np.all((positions > np.array(room.minimum)) & (positions < np.array(room.maximum)), axis=1)
    if np.any(inside):
        positions = positions[inside]
    middle = (np.array(room.minimum) + np.array(room.maximum)) / 2
    best, camera = -1.0, Camera((0.0, 0.0, EYE_HEIGHT), 0.0, size=size)
    for _ in range(30):
        place = positions[int(rng.integers(len(positions)))]
        yaw = float(np.degrees(np.arctan2(*(middle - place)[::-1])))
        candidate = Camera((float(place[0]), float(place[1]), EYE_HEIGHT), round(yaw, 1), -12.0, 90.0, size)
        if not scene.is_clear(candidate, 0.35):
            continue
        look = scene.render(Camera(candidate.position, candidate.yaw, -12.0, 90.0, 32), rgb=False)
        assert look.instance is not None
        assert look.depth is not None
        furniture = [number for number in np.unique(look.instance) if number and not scene.objects[number].is_structure]
        score = len(furniture) * float(np.median(look.depth[np.isfinite(look.depth)]))
        if score > best:
            best, camera = score, candidate
    return camera


def category_tile(name: str, size: int, variant: int = 0) -> NDArray[np.uint8]:
    """One piece of category `name` alone in a bare room, from the front left: uint8 [size, size, 3]."""
    from ipt.scenes.embedded.description import FurnitureDescription, RoomDescription, SceneDescription
    from ipt.scenes.embedded.furniture import CATALOG
    from ipt.scenes.embedded.materials import Material
    from ipt.scenes.embedded.scene import EmbeddedScene

    grey = Material(color=(0.74, 0.74, 0.72))
    # the room's lamp hangs before the piece, to the left: sides that one sees are lit
    room = RoomDescription(room_id=0, room_type="office", minimum=(-5, -6), maximum=(3, 2), floor=grey, wall=grey)
    category = CATALOG[name]
    width, depth, height = category.largest
    piece = FurnitureDescription(
        object_id=1,
        category=name,
        room=0,
        position=(0.0, 0.0, 0.0),
        yaw=0.0,
        size=(width, depth, height),
        main=category.mains[variant % len(category.mains)],
        accent=category.accents[variant % len(category.accents)],
        variant=variant % category.variants,
    )
    scene = EmbeddedScene(
        SceneDescription(scene_id=f"gallery/{name}", rooms=(room,), furniture=(piece,), shadow_resolution=1024)
    )
    # at a distance at which the piece's sphere fills the view, inside the room
    radius = float(np.sqrt(width**2 + depth**2 + height**2)) / 2
    away = 1.9 * radius
    eye = (-0.55 * away, -0.78 * away, min(2.5, height / 2 + 0.4 * away))
    rgb = scene.render(Camera(eye, 54.8, -22.0, 60.0, size)).rgb
    assert rgb is not None
    return rgb
