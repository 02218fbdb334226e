"""Scene files: read back as written, and refused with one helpful line when wrong."""

import json

import pytest

from ipt.config import EnvironmentConfig
from ipt.errors import UserError
from ipt.scenes.embedded.description import SceneDescription, load_description, write_description
from ipt.scenes.embedded.furniture import CATALOG
from ipt.scenes.embedded.generate import generate_scene


@pytest.fixture
def data() -> dict:
    scene = generate_scene("embedded-house-standard/train/00001", EnvironmentConfig(layout="house"))
    return json.loads(scene.canonical_json())


def load(data, tmp_path) -> SceneDescription:
    path = tmp_path / "scene.json"
    path.write_text(json.dumps(data))
    return load_description(path, CATALOG)


def test_a_file_read_back_is_the_same_scene(data, tmp_path):
    scene = load(data, tmp_path)
    assert json.loads(scene.canonical_json()) == data
    assert scene.digest() == SceneDescription.model_validate(data).digest()
    data["furniture"][0]["position"][0] += 0.01
    assert load(data, tmp_path).digest() != scene.digest()


def test_no_flipped_bit_gives_another_scene(tmp_path):
    scene = generate_scene("embedded-room-standard/train/00001", EnvironmentConfig(layout="room"))
    path = tmp_path / "scene.json"
    write_description(path, scene)
    assert load_description(path, CATALOG) == scene
    whole = path.read_bytes()
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(UserError, match=r"scene\.json: sha256 differs"):
            load_description(path, CATALOG)


def change(data, path, value):
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("furniture", 0, "category"), "Spaceship", "furniture.0.category: category 'Spaceship' is unknown"),
        (("furniture", 0, "category"), "WashingMashine", "is unknown; do you mean WashingMachine?"),
        (("furniture", 0, "room"), 77, "stands in room 77, which does not exist"),
        (("furniture", 1, "object_id"), 1, "furniture.1.object_id: object_id 1 is used twice, doors.0 has it too"),
        (("furniture", 0, "yaw"), float("nan"), "furniture.0.yaw"),
        (("furniture", 0, "colour"), 1, "furniture.0.colour"),
        (("furniture", 0, "size"), [1, -1, 1], "furniture.0.size.1"),
        (("doors", 0, "rooms"), [0, 99], "doors.0.rooms: door 1 leads to room 99, which does not exist"),
        (("doors", 0, "center"), [0.7, 0.7], "does not lie in a wall"),
        (("doors", 0, "center"), [float("inf"), 0.7], "doors.0.center"),
        (("doors", 0, "rooms", 1), None, "but its rooms are"),
        (("furniture", 0, "supported_by"), 9999, "stands on 9999, which does not exist"),
        (("furniture", 0, "position", 0), 500.0, "furniture.0.position: furniture"),
        (("furniture", 0, "main", "pattern"), "leopard", "furniture.0.main.pattern: pattern 'leopard' is unknown"),
        (("lighting", "sun_direction"), [0, 0, -1], "lighting.sun_direction: "),
        (("windows", 0, "sill"), 2.5, "windows.0.height: window"),
        (("rooms", 1, "room_id"), 0, "rooms.1.room_id: 0 is used twice"),
        (("rooms",), [], "rooms is empty"),
        (("schema_version",), 99, "schema_version 99 is not supported"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_reason(data, tmp_path, path, value, message):
    change(data, path, value)
    with pytest.raises(UserError, match=r"scene\.json") as caught:
        load(data, tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        load_description(tmp_path / "none.json", CATALOG)
    (tmp_path / "broken.json").write_text('{"scene_id": ')
    with pytest.raises(UserError, match=r"broken\.json"):
        load_description(tmp_path / "broken.json", CATALOG)
