"""`ipt scene`: a scene in words, as a file that opens again, as a picture; wrong input is one line."""

import json

import pytest
from PIL import Image

from ipt.cli import main

HOUSE = "embedded-house-standard/test/00001"


def run(monkeypatch, capsys, *words: str) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of a command line."""
    monkeypatch.setattr("sys.argv", ["ipt", *words])
    try:
        main()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_a_saved_scene_opens_again_as_the_same(monkeypatch, capsys, tmp_path):
    saved, picture = tmp_path / "house.json", tmp_path / "view.png"
    status, words, _ = run(monkeypatch, capsys, "scene", HOUSE, "--scale", "mini", "--save", str(saved))
    assert status == 0
    assert words.startswith(f"{HOUSE}: 9 rooms")
    text = saved.read_text()
    things = sum(len(json.loads(text)[part]) for part in ("rooms", "doors", "windows", "furniture"))
    assert text.count("\n") > things, "a line a thing: people read it"
    again = run(monkeypatch, capsys, "scene", str(saved), "--picture", str(picture), "--size", "48")
    assert again[:2] == (0, words)
    assert Image.open(picture).size == (48, 48)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--at", "500,0,1.5"], "is outside the house"),
        (["--at", "nan,0,1.5"], "must be finite numbers"),
        (["--at", "1,2"], "--at 1,2: three numbers are wanted"),
        (["--at", "1,1,1.5", "--extent", "180"], "extent 180 must be above 0"),
        (["--size", "0"], "size 0 must lie between"),
    ],
)
def test_an_impossible_camera_is_one_line(monkeypatch, capsys, tmp_path, options, message):
    picture = tmp_path / "view.png"
    name = "embedded-room-standard/test/00001"
    status, _, said = run(monkeypatch, capsys, "scene", name, "--picture", str(picture), *options)
    assert status == 2
    assert message in said
    assert said.count("\n") == 1
    assert not picture.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["furniture"][0].update(category="Spaceship"), "furniture.0.category"),
        (lambda data: data["furniture"][1].update(yaw=float("nan")), "furniture.1.yaw"),
        (lambda data: data["doors"][0].update(rooms=[0, 99]), "doors.0.rooms"),
        (
            lambda data: data["furniture"][1].update(object_id=data["furniture"][0]["object_id"]),
            "furniture.1.object_id",
        ),
    ],
)
def test_a_wrong_scene_file_is_one_line_with_file_and_field(monkeypatch, capsys, tmp_path, change, message):
    saved = tmp_path / "house.json"
    run(monkeypatch, capsys, "scene", HOUSE, "--scale", "mini", "--save", str(saved))
    data = json.loads(saved.read_text())
    change(data)
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(data))
    status, _, said = run(monkeypatch, capsys, "scene", str(wrong))
    assert status == 2
    assert said.startswith(f"ipt: {wrong}: {message}: ")
    assert said.count("\n") == 1
