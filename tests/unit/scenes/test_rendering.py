"""What a frame shows, against geometry worked out by hand and against ray casts."""

from dataclasses import replace

import numpy as np
import pytest

from ipt.errors import UserError
from ipt.scenes.embedded.description import FurnitureDescription, RoomDescription, SceneDescription
from ipt.scenes.embedded.materials import Material
from ipt.scenes.embedded.raster import rasterize, resolve, row_shifts
from ipt.scenes.embedded.scene import EmbeddedScene
from ipt.scenes.embedded.view import view_of
from ipt.scenes.interface import Camera

GREY = Material(color=(0.5, 0.5, 0.5))
RED = Material(color=(0.9, 0.1, 0.1))
VIEWS = [
    Camera((0.5, -0.4, 1.5), 30.0, -12.0, 90.0, 96),
    Camera((-1.0, 0.8, 1.2), 205.0, 4.0, 75.0, 96),
    Camera((0.0, 0.0, 8.0), 90.0, -90.0, 7.5, 96, "orthographic"),
]


def moved_into(scene: EmbeddedScene, view: Camera) -> Camera:
    """`view` with the middle of the scene's first room as its origin."""
    room = scene.rooms[0]
    x, y = ((low + high) / 2 for low, high in zip(room.minimum, room.maximum, strict=True))
    return replace(view, position=(view.position[0] + x, view.position[1] + y, view.position[2]))


@pytest.fixture(scope="module")
def box_room() -> EmbeddedScene:
    """A 6 x 6 m room with one cardboard box of 1 x 1 x 1 m, 2 m east of the middle."""
    room = RoomDescription(room_id=0, room_type="office", minimum=(-3, -3), maximum=(3, 3), floor=GREY, wall=GREY)
    box = FurnitureDescription(
        object_id=7,
        category="Box",
        room=0,
        position=(2.0, 0.0, 0.0),
        yaw=0.0,
        size=(1.0, 1.0, 1.0),
        main=RED,
        accent=RED,
    )
    return EmbeddedScene(SceneDescription(scene_id="by hand", rooms=(room,), furniture=(box,)))


def test_depth_is_the_distance_along_the_axis(box_room):
    # looking east from the origin at half the box's height: its face is at x = 1.5, the wall's at x = 2.94
    frame = box_room.render(Camera((0.0, 0.0, 0.5), 0.0, 0.0, 90.0, 65), rgb=False)
    assert frame.rgb is None
    assert frame.instance[32, 32] == 7
    assert frame.depth[32, 32] == pytest.approx(1.5, abs=1e-4)
    # depth is along the axis, not along the ray: the same over the whole flat face
    assert np.ptp(frame.depth[(frame.instance == 7) & (np.indices((65, 65))[0] > 20)]) < 0.01
    assert frame.depth[0, 32] == pytest.approx(2.1, abs=0.05)  # the ceiling, 45 degrees up, 2.1 m above


def test_image_runs_right_and_down(box_room):
    # camera north-west of the box looking east: the box is to the right; from above it is lower than the ceiling
    frame = box_room.render(Camera((0.0, 1.0, 0.5), 0.0, 0.0, 90.0, 64), rgb=False)
    rows, columns = np.nonzero(frame.instance == 7)
    assert columns.mean() > 40
    ceiling = next(number for number, thing in box_room.objects.items() if thing.category == "Ceiling")
    assert np.nonzero(frame.instance == ceiling)[0].max() < rows.max()


def test_top_down_map_hides_ceilings_and_keeps_scale(box_room):
    frame = box_room.render(Camera((0.0, 0.0, 8.0), 90.0, -90.0, 8.0, 80, "orthographic"), open_top=True)
    rows, columns = np.nonzero(frame.instance == 7)
    # 10 px a metre, north up: the box spans x 1.5..2.5 -> columns 55..64, y -0.5..0.5 -> rows 35..44
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (55, 64, 35, 44)
    assert frame.depth[40, 60] == pytest.approx(7.0, abs=0.01)
    covered = box_room.render(Camera((0.0, 0.0, 8.0), 90.0, -90.0, 8.0, 80, "orthographic"), rgb=False)
    assert not np.any(covered.instance == 7)
    red, green, blue = frame.rgb[36:44, 56:64].reshape(-1, 3).mean(0)
    assert red > 1.8 * max(green, blue)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("which", ["room", "house"])
def test_projection_of_a_hit_lands_on_its_pixel(which, view, request):
    scene = request.getfixturevalue(which)
    view = moved_into(scene, view)
    frame = scene.render(view, rgb=False, open_top=view.projection == "orthographic")
    rows, columns = np.nonzero(frame.instance)
    picked = np.random.default_rng(0).choice(len(rows), 200, replace=False)
    right, up, forward = view.basis()
    for row, column in zip(rows[picked], columns[picked], strict=True):
        depth = float(frame.depth[row, column])
        half = view.extent / 2 if view.projection == "orthographic" else np.tan(np.radians(view.extent / 2)) * depth
        x, y = (2 * (column + 0.5) / view.size - 1) * half, (1 - 2 * (row + 0.5) / view.size) * half
        point = np.array(view.position) + x * right + y * up + depth * forward
        assert view.project(point[None])[0] == pytest.approx([column + 0.5, row + 0.5, depth], abs=1e-3)
        thing = scene.objects[int(frame.instance[row, column])]
        assert np.all(point > np.array(thing.minimum) - 0.01)
        assert np.all(point < np.array(thing.maximum) + 0.01)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("which", ["room", "house"])
def test_raster_agrees_with_ray_casts(which, view, request):
    scene = request.getfixturevalue(which)
    view = moved_into(scene, view)
    frame = scene.render(view, rgb=False)
    right, up, forward = view.basis()
    step = (np.arange(view.size) + 0.5) * 2 / view.size - 1
    x, y = (part.ravel()[:, None] for part in np.meshgrid(step, -step))
    if view.projection == "orthographic":
        origins = np.array(view.position) + (x * right + y * up) * view.extent / 2
        directions = np.repeat(forward[None], len(origins), 0)
    else:
        directions = forward + (x * right + y * up) * np.tan(np.radians(view.extent / 2))
        origins = np.repeat(np.array([view.position]), len(directions), 0)
    faces, distances = scene.cast_rays(origins, directions)
    ids = np.where(faces >= 0, scene.face_ids[faces], 0).reshape(view.size, view.size)
    same = ids == frame.instance
    assert same.mean() > 0.999
    seen = same & (ids > 0)
    assert np.abs(distances.reshape(view.size, view.size)[seen] - frame.depth[seen]).max() < 0.02


def test_survey_samples_every_pixel_once_at_another_place_a_row(house):
    """Held against ray casts through those places, and so accurate for an upright edge as its rows are many."""
    view = moved_into(house, VIEWS[0])
    ids = house.survey(view)
    shifts = row_shifts(view.size, True)
    assert np.abs(shifts).max() <= 0.5
    assert abs(shifts.mean()) < 0.02
    right, up, forward = view.basis()
    step = (np.arange(view.size) + 0.5) * 2 / view.size - 1
    x, y = step[None, :] + 2 * shifts[:, None] / view.size, -step[:, None] + 0 * step[None, :]
    directions = forward + (x.ravel()[:, None] * right + y.ravel()[:, None] * up) * np.tan(np.radians(view.extent / 2))
    faces, _ = house.cast_rays(np.repeat(np.array([view.position]), len(directions), 0), directions)
    hit = np.where(faces >= 0, house.face_ids[faces], 0).reshape(ids.shape)
    assert (hit == ids).mean() > 0.999
    assert (house.render(view, rgb=False).instance != ids).any()


def test_survey_counts_an_upright_edge_better_than_pixel_centres(box_room):
    # the box's near face is 1 m wide, 1.5 m away and seen straight on: a third of a row, 16 2/3 of 50 pixels
    errors = []
    for position in np.linspace(-0.4, 0.4, 17):
        view = Camera((0.0, float(position), 0.5), 0.0, 0.0, 90.0, 50)
        seen = [box_room.survey(view) == 7, box_room.render(view, rgb=False).instance == 7]
        errors.append([abs(box.sum() / np.count_nonzero(box.any(axis=1)) - 50 / 3) for box in seen])
    spread, centred = np.mean(errors, axis=0)
    assert spread < 0.25 * centred


def test_single_ray_reports_where_and_what(box_room):
    hit = box_room.cast_ray((0.0, 0.0, 0.5), (2.0, 0.0, 0.0))
    assert (hit.instance_id, hit.distance) == (7, pytest.approx(1.5, abs=1e-4))
    assert hit.point == pytest.approx((1.5, 0.0, 0.5), abs=1e-4)
    assert hit.normal == pytest.approx((-1.0, 0.0, 0.0), abs=1e-3)
    assert box_room.cast_ray((0.0, 0.0, 5.0), (0.0, 0.0, 1.0)) is None
    assert box_room.cast_ray((0.0, 0.0, 0.5), (0.0, 0.0, 0.0)) is None


def test_clear_cameras_keep_their_distance(box_room):
    assert box_room.is_clear(Camera((0.0, 0.0, 1.5), 0.0))
    assert not box_room.is_clear(Camera((2.0, 0.0, 0.5), 0.0)), "inside the box"
    assert box_room.is_clear(Camera((1.4, 0.0, 0.5), 0.0), margin=0.08)
    assert not box_room.is_clear(Camera((1.4, 0.0, 0.5), 0.0), margin=0.12)
    assert not box_room.is_clear(Camera((0.0, 2.97, 1.0), 0.0)), "inside the wall"


def test_shadow_falls_beside_the_box_and_not_far_away(box_room):
    frame = box_room.render(Camera((0.0, 0.0, 8.0), 90.0, -90.0, 8.0, 160, "orthographic"), open_top=True)
    brightness = frame.rgb.astype(float).mean(2)
    behind, mirrored = brightness[78:82, 133:136].mean(), brightness[78:82, 24:27].mean()
    assert behind < 0.9 * mirrored, "the lamp hangs in the middle: the floor behind the box is in its shadow"


def test_colour_coded_objects_are_recognisable_by_hue(room):
    """In the room's map, the mean colour of a coded object is nearest to its own code."""
    from ipt.scenes.embedded.layout_room import CODED

    frame = room.render(Camera((0.0, 0.0, 8.0), 90.0, -90.0, 7.5, 128, "orthographic"), open_top=True)
    codes = {entry[0]: np.array(entry[1]) / np.linalg.norm(entry[1]) for entry in CODED[:8]}
    checked = 0
    for number, thing in room.objects.items():
        if thing.category in {"Sofa", "Dresser", "FloorLamp", "Chair", "ArmChair"}:
            color = np.median(frame.rgb[frame.instance == number].astype(float), axis=0)
            nearest = min(codes, key=lambda name: -float(codes[name] @ color) / np.linalg.norm(color))
            assert nearest == thing.category
            checked += 1
    assert checked >= 2


def test_normals_are_unit_vectors_towards_the_camera_and_agree_with_rays(house):
    room = house.rooms[0]
    x, y = next(p for p in house.navigable_positions() if np.all(p > room.minimum) and np.all(p < room.maximum))
    view = Camera((float(x), float(y), 1.5), 20.0, -15.0, 90.0, 48)
    frame = house.render(view, rgb=False, normals=True)
    assert house.render(view, rgb=False).normal is None
    seen = frame.instance > 0
    assert np.linalg.norm(frame.normal[seen], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert np.all(frame.normal[~seen] == 0)
    right, up, forward = view.basis()
    for row, column in ((5, 24), (24, 8), (24, 40), (44, 24)):
        ray = forward + (2 * (column + 0.5) / 48 - 1) * right + (1 - 2 * (row + 0.5) / 48) * up
        hit = house.cast_ray(view.position, tuple(ray))
        assert hit.instance_id == frame.instance[row, column]
        assert frame.normal[row, column] == pytest.approx(hit.normal, abs=1e-4)
        assert frame.normal[row, column] @ ray < 0


def test_hidden_things_behind_walls_change_nothing(house):
    """Leaving out what cannot be seen is a short cut: the same pixels as when everything is drawn small to large."""
    view = moved_into(house, VIEWS[0])
    whole = house.render(view, rgb=False)
    seen = {int(number) for number in np.unique(whole.instance)} - {0}
    hidden = np.array([number not in seen for number, _, _ in house._entries])
    buffer, owner = rasterize(house.mesh, view_of(view), view.size, hidden)
    instance, depth = resolve(buffer, owner, house.face_ids, False)
    assert np.array_equal(instance, whole.instance)
    assert np.array_equal(depth, whole.depth)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": (50.0, 0.0, 1.5)}, "is outside the house"),
        ({"position": (0.0, 0.0, 3.5)}, "is outside the house"),
        ({"position": (float("nan"), 0.0, 1.5)}, "must be finite numbers"),
        ({"yaw": float("inf")}, "must be finite numbers"),
        ({"size": 0}, "size 0 must lie between"),
        ({"extent": 180.0}, "extent 180 must be above 0"),
    ],
)
def test_an_impossible_camera_is_refused_in_one_line(box_room, change, message):
    with pytest.raises(UserError) as caught:
        box_room.render(replace(Camera((0.0, 0.0, 1.5), 0.0), **change))
    assert message in str(caught.value)
    assert box_room.scene_id in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_camera_outside_sees_the_house_when_the_ceilings_are_off(box_room):
    outside = Camera((6.0, -6.0, 7.0), 135.0, -40.0, 60.0, 32)
    assert np.any(box_room.render(outside, rgb=False, open_top=True).instance)
    assert not box_room.is_clear(outside), "tasks never stand there"


def test_windows_are_see_through_in_houses(house):
    """From a low eye the same pane shows sky, from a high one the meadow: it is no picture on the wall."""
    window = next(item for item in house.objects.values() if item.category == "Window")
    room = next(room for room in house.rooms if room.room_id == window.room_id)
    inside = np.clip(window.center[:2], np.array(room.minimum) + 1.0, np.array(room.maximum) - 1.0)
    gap = window.center[:2] - inside
    yaw = float(np.degrees(np.arctan2(gap[1], gap[0])))
    balance = []
    for height in (0.3, 2.5):
        pitch = float(np.degrees(np.arctan2(window.center[2] - height, np.linalg.norm(gap))))
        frame = house.render(Camera((float(inside[0]), float(inside[1]), height), yaw, pitch, 50.0, 64))
        red, green, blue = frame.rgb[frame.instance == window.instance_id].astype(float).T
        tinted = np.abs(green - blue) + np.abs(green - red) > 12  # the frame is white
        assert tinted.sum() > 50
        balance.append(float((blue - green)[tinted].mean()))
    assert balance[0] > 3 > -10 > balance[1]


def room_with(*pieces: FurnitureDescription, floor: Material = GREY, simple: bool = False) -> EmbeddedScene:
    """A 6 x 6 m grey room with furniture."""
    room = RoomDescription(room_id=0, room_type="office", minimum=(-3, -3), maximum=(3, 3), floor=floor, wall=GREY)
    resolution = 256 if simple else 1024
    return EmbeddedScene(
        SceneDescription(scene_id="by hand", rooms=(room,), furniture=pieces, shadow_resolution=resolution)
    )


def piece(number: int, category: str, position, size, main: Material = RED, yaw: float = 0.0) -> FurnitureDescription:
    return FurnitureDescription(
        object_id=number, category=category, room=0, position=position, yaw=yaw, size=size, main=main, accent=GREY
    )


def test_a_mirror_shows_what_is_in_the_room_where_optics_says():
    """A box beside the camera appears in the mirror's plane where the line to the mirrored box cuts it."""
    silver = Material(color=(0.8, 0.85, 0.9), pattern="mirror")
    mirror = piece(1, "Mirror", (0.0, 2.9, 0.4), (2.4, 0.04, 1.8), silver)
    box = piece(2, "Box", (1.2, 0.0, 0.7), (0.6, 0.6, 0.6))
    scene = room_with(mirror, box)
    view = Camera((0.0, 0.0, 1.3), 90.0, 0.0, 70.0, 96)
    frame = scene.render(view)
    plane = 2.9  # the sheet's front lies in the middle of the frame's depth
    x, y = view.project(np.array([[1.2, 2 * plane - 0.3, 1.0]]))[0, :2].astype(int)  # the box's face towards the mirror
    red, green, blue = frame.rgb[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(0)
    assert frame.instance[y, x] == 1, "ids are the mirror's own"
    assert red > 1.6 * max(green, blue)
    away = frame.rgb[y - 2 : y + 3, 96 - x - 2 : 96 - x + 3].reshape(-1, 3).mean(0)
    assert away[0] < 1.15 * away[2], "no box on the other side"


def test_a_table_shades_the_floor_from_the_lamp_that_stands_on_it():
    desk = piece(1, "DiningTable", (0.0, 0.0, 0.0), (1.4, 0.9, 0.75), GREY)
    lamp = piece(2, "DeskLamp", (0.0, 0.0, 0.75), (0.26, 0.26, 0.45), Material(color=(0.9, 0.9, 0.8), glow=0.5))
    scene = room_with(desk, lamp)
    lights = scene._lights
    assert lights.glow_maps.shape[0] == len(lights.glows) == 1
    height = float(lights.glows[0, 2])
    below = lights.glow_maps[0][np.array(lights.glow_maps.shape[1:]) // 2 - 1][0]
    assert 1 / float(below.max()) == pytest.approx(height - 0.75, abs=0.03), "straight down it sees the table's top"


def test_the_floor_tints_the_ceiling_in_houses_and_not_in_simple_scenes():
    red_floor = Material(color=(0.9, 0.2, 0.2))

    def redness(floor: Material, simple: bool) -> float:
        ceiling = room_with(floor=floor, simple=simple).render(Camera((0.5, 0.5, 0.8), 0.0, 80.0, 40.0, 16)).rgb
        return float(ceiling[..., 0].mean() / ceiling[..., 2].mean())

    assert redness(red_floor, False) > 1.05 * redness(GREY, False)
    assert redness(red_floor, True) == redness(GREY, True)
