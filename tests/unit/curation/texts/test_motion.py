"""Text filters of the real camera-motion data: certainty, reference image, inversion, the drawing prompt."""

import pytest

from ipt.curation.texts.motion import generation_prompt, inverted, is_certain, reference_of


@pytest.mark.parametrize(
    "answer",
    [
        "The camera moved left.",
        "It turned right and moved forward a little.",
        "No rotation; it only rises.",
        "It is not unclear: the camera moved back.",
        "You can tell from the door that it moved left.",
    ],
)
def test_answers_that_commit_themselves(answer):
    assert is_certain(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "  ",
        "It cannot be determined from the images.",
        "The motion can't be reliably determined.",
        "It is impossible to tell.",
        "There is insufficient information to say.",
        "I do not know.",
        "The direction is ambiguous.",
        "It's hard to tell which way it moved.",
        "I am not sure.",
        "Not enough visual information is given.",
        "Unclear.",
    ],
)
def test_answers_that_do_not(answer):
    assert not is_certain(answer)


@pytest.mark.parametrize(
    ("question", "reference"),
    [
        ("How did the camera move from the first image to the second?", "first"),
        ("Relative to the second image, where was the first taken?", "second"),
        ("Starting from the last frame, how do you get to the first?", "second"),
        ("How does the camera move from image 2 to image 1?", "second"),
        ("How does the camera move from image 1 to image 2?", "first"),
        ("What changed in the second image?", "first"),
    ],
)
def test_reference_image(question, reference):
    assert reference_of(question) == reference


@pytest.mark.parametrize(
    ("motion", "back"),
    [
        ("The camera moved left and forward.", "The camera moved right and backward."),
        ("Left, then up", "Right, then down"),
        ("It turned clockwise", "It turned counterclockwise"),
        ("rotates counter-clockwise", "rotates clockwise"),
        ("it zooms in on the chair in the room", "it zooms out on the chair in the room"),
        ("moved toward the door", "moved away from the door"),
        ("moved away from the door", "moved towards the door"),
        ("It stays where it is.", "It stays where it is."),
        ("The leftmost chair", "The leftmost chair"),
    ],
)
def test_inversion_by_hand(motion, back):
    assert inverted(motion) == back


@pytest.mark.parametrize("motion", ["Left and up", "it zooms out, then moves forward", "rises towards the lamp"])
def test_inverting_twice_gives_the_motion_back(motion):
    assert inverted(inverted(motion)) == motion


def test_prompts_describe_the_motion_from_first_to_second():
    asked = "Relative to the second image, how must one move to get to the first?"
    assert generation_prompt(asked, "One moves left.") == (
        "Draw what the camera sees after this motion, starting at the given image: One moves right."
    )
    assert "moves left" in str(generation_prompt("How did the camera move?", "It moves left."))
    assert generation_prompt("How did the camera move?", "It cannot be determined.") is None
