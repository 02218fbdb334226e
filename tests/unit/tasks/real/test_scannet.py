"""ScanNet++: photographs that show every instance, the map, and the blind check, on a scan of two tables of ours."""

import json
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from ipt.config import Config, ScanNetConfig
from ipt.curation.gather import gather
from ipt.errors import UserError
from ipt.tasks.images import decode_png
from ipt.tasks.interface import Yields
from ipt.tasks.real.blind_count import EndpointCounter, read_number
from ipt.tasks.real.scan import read_scan, read_vertices
from ipt.tasks.real.scannet import apart, covering, from_above, scannet_questions

SETTINGS = ScanNetConfig()
WIDTH, HEIGHT, FOCAL = 96, 64, 48.0
RED, BLUE, GREY = (200, 20, 20), (20, 20, 200), (120, 120, 120)


def cube(center, half, color):
    """Points 5 cm apart in a cube, with their colour."""
    steps = np.arange(-half, half + 0.01, 0.05)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    return [(*point, *color) for point in grid + center]


def looking(position, yaw):
    """Quaternion and translation, as COLMAP writes them, of a level camera: x right, y down, z forward."""
    angle = np.radians(yaw)
    forward = np.array([np.cos(angle), np.sin(angle), 0.0])
    right = np.array([np.sin(angle), -np.cos(angle), 0.0])
    rotation = np.array([right, [0.0, 0.0, -1.0], forward])
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(rotation).as_quat()
    return [w, x, y, z, *(-rotation @ np.asarray(position, float))]


def scan_folder(root, *, photographs=12):
    """A floor with two chairs and a bed; cameras in the middle that turn by 30 degrees."""
    things = [("chair", (2.0, 0.0, 0.5), RED), ("chair", (-2.0, 0.0, 0.5), RED), ("bed", (0.0, 2.0, 0.4), BLUE)]
    points = [(x, y, 0.0, *GREY) for x in np.arange(-3, 3, 0.1) for y in np.arange(-3, 3, 0.1)]
    segments = [0] * len(points)
    for number, (_, center, color) in enumerate(things, start=1):
        made = cube(np.array(center), 0.3, color)
        points += made
        segments += [number] * len(made)
    ceiling = [(x, y, 2.5, *GREY) for x in np.arange(-3, 3, 0.5) for y in np.arange(-3, 3, 0.5)]
    points, segments = points + ceiling, segments + [0] * len(ceiling)
    path = root / "scan1"
    for name in ("scans", "dslr/colmap", "dslr/nerfstudio", "dslr/undistorted_images"):
        (path / name).mkdir(parents=True)
    fields = [(name, "<f4") for name in "xyz"] + [(name, "u1") for name in ("red", "green", "blue")]
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    header += [f"property float {name}" for name in "xyz"]
    header += [f"property uchar {name}" for name in ("red", "green", "blue")]
    header += ["element face 0", "property list uchar int vertex_indices", "end_header", ""]
    data = "\n".join(header).encode() + np.array(points, dtype=fields).tobytes()
    (path / "scans" / "mesh_aligned_0.05.ply").write_bytes(data)
    (path / "scans" / "segments.json").write_text(json.dumps({"segIndices": segments}))
    groups = [{"label": label, "segments": [number]} for number, (label, _, _) in enumerate(things, start=1)]
    groups.append({"label": "floor", "segments": [0]})
    (path / "scans" / "segments_anno.json").write_text(json.dumps({"segGroups": groups}))
    intrinsics = {"fl_x": FOCAL, "fl_y": FOCAL, "cx": WIDTH / 2, "cy": HEIGHT / 2, "w": WIDTH, "h": HEIGHT}
    (path / "dslr/nerfstudio/transforms_undistorted.json").write_text(json.dumps(intrinsics))
    lines = ["# Image list"]
    for number in range(photographs):
        name = f"DSC{number:05d}.JPG"
        pose = looking((0.0, 0.0, 1.0), number * 30)
        lines += [f"{number + 1} {' '.join(map(str, pose))} 1 {name}", ""]
        Image.fromarray(np.full((HEIGHT, WIDTH, 3), number * 20, np.uint8)).save(
            path / "dslr/undistorted_images" / name
        )
    (path / "dslr/colmap/images.txt").write_text("\n".join(lines))
    return root


def test_a_photograph_shows_what_is_before_it(tmp_path):
    scan = read_scan(scan_folder(tmp_path) / "scan1")
    assert scan.objects_of.keys() == {"chair", "bed", "floor"}
    assert [round(one.yaw) % 360 for one in scan.photographs] == list(range(0, 360, 30))
    shown = [{scan.labels[key] for key in scan.seen(one, 20)} - {"floor"} for one in scan.photographs]
    assert shown[0] == shown[6] == {"chair"}  # +x and -x
    assert shown[3] == {"bed"}
    assert shown[9] == set()
    ahead, behind = (scan.seen(scan.photographs[i], 20) for i in (0, 6))
    assert not {key for key in ahead & behind if scan.labels[key] == "chair"}  # two different chairs


def test_what_stands_before_a_thing_hides_it(tmp_path):
    scan = read_scan(scan_folder(tmp_path) / "scan1")
    wall = np.array([(1.0, y, z) for y in np.arange(-1, 1, 0.01) for z in np.arange(0, 2, 0.01)])
    hidden = type(scan)(
        scan.name,
        np.concatenate([scan.points, wall]),
        np.concatenate([scan.colors, np.zeros((len(wall), 3), np.uint8)]),
        np.concatenate([scan.owner, np.full(len(wall), -1)]),
        scan.labels,
        scan.photographs,
    )
    assert "chair" in {scan.labels[key] for key in scan.seen(scan.photographs[0], 20)}
    assert "chair" not in {hidden.labels[key] for key in hidden.seen(hidden.photographs[0], 20)}


def test_five_to_eight_photographs_apart_from_each_other_show_all():
    yaws = [number * 10.0 for number in range(36)]
    seen = [{number // 9} for number in range(36)]  # four things, each in a quarter of the circle
    chosen = covering(yaws, seen, {0, 1, 2, 3}, SETTINGS)
    assert 5 <= len(chosen) <= 8
    assert set().union(*(seen[i] for i in chosen)) == {0, 1, 2, 3}
    assert all(apart(yaws[i], yaws[j]) >= 30 for i, j in combinations(chosen, 2))
    assert covering(yaws, seen, {0, 9}, SETTINGS) is None  # nothing shows 9
    assert covering([0.0, 10.0, 20.0], [{0}, {0}, {0}], {0}, SETTINGS) is None  # no five look apart
    assert apart(350, 10) == 20


def test_the_map_is_seen_from_above_without_the_ceiling(tmp_path):
    image = from_above(read_scan(scan_folder(tmp_path) / "scan1"), ScanNetConfig(map_size=120)).astype(int)
    assert image.shape == (120, 120, 3)
    middle, reach = 60, 40  # 2 m of 3 m
    for x, y, channel in ((reach, 0, 0), (-reach, 0, 0), (0, reach, 2)):
        pixel = image[middle - y, middle + x]
        assert pixel[channel] > 100 + pixel[2 - channel]
    assert np.ptp(image[middle, middle]) < 30  # floor, no ceiling, no thing


class Sees:
    """Counts one thing wrong."""

    def __init__(self, wrong):
        self.wrong = wrong

    def count(self, pictures, name):
        assert 5 <= len(pictures) <= 8
        truth = {"chair": 2, "bed": 1}[name]
        return truth + 1 if name == self.wrong else truth


def test_a_scan_gives_questions_whose_count_can_be_seen(tmp_path):
    folder, yields = scan_folder(tmp_path / "data"), Yields()
    questions = list(scannet_questions(Config(), folder, "train", yields, Sees(wrong="bed")))
    (question,) = questions
    assert question.object == "chair"
    assert question.choices["ABCD".index(question.answer)] == "2"
    assert yields.counts["category.blind_count"] == yields.counts["category.structure"] == 1
    assert yields.counts["map_not_restyled"] == 1
    assert decode_png(question.imagination).shape == (1024, 1024, 3)
    both = [number for number in question.metadata["count_per_frame"] if number]
    assert len(both) >= 2


def test_a_restyled_map_is_taken_where_the_user_has_one(tmp_path):
    folder = scan_folder(tmp_path / "data")
    (folder / "restyled").mkdir()
    Image.fromarray(np.full((8, 8, 3), 77, np.uint8)).save(folder / "restyled" / "scan1.png")
    config, yields = Config.model_validate({"real": {"scannet": {"blind_check": False}}}), Yields()
    questions = list(scannet_questions(config, folder, "train", yields))
    assert {question.object for question in questions} == {"chair", "bed"}
    assert (decode_png(questions[0].imagination) == 77).all()
    assert "map_not_restyled" not in yields.counts


def test_the_blind_check_needs_a_model_or_a_word(tmp_path):
    with pytest.raises(UserError, match=r"real.scannet.judge: no model counts.*blind_check to false"):
        gather(Config(), "scannet", scan_folder(tmp_path / "data"), "train", tmp_path / "set.parquet")


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("There are 4.", 4), ("2 or 3", None), ("none", None)])
def test_only_one_number_is_a_count(text, number):
    assert read_number(text) == number
    service = type("S", (), {"plan": lambda self, calls: None, "complete": lambda self, calls: [self]})()
    service.text = text
    assert EndpointCounter(service).count([b"png"], "chair") == number


def test_a_damaged_reconstruction_is_named(tmp_path):
    path = scan_folder(tmp_path) / "scan1" / "scans" / "mesh_aligned_0.05.ply"
    whole = path.read_bytes()
    for data, message in ((whole[:-5], "truncated"), (b"solid", "expected a binary"), (b"", "expected a binary")):
        path.write_bytes(data)
        with pytest.raises(UserError, match=rf"0.05.ply: {message}"):
            read_vertices(path)
    path.write_bytes(whole.replace(b"uchar red", b"uchar rot"))
    with pytest.raises(UserError, match="vertices have no red"):
        read_vertices(path)
