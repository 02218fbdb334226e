"""Real pairs of views with the motion between them (paper 2.1, VST): a bridge to drawing, without choices or answers.

A folder holds `pairs.jsonl`, one pair a line, and the pictures that it names:

    {"image_0": "a.jpg", "image_1": "b.jpg", "question": "How did the camera move ...?", "answer": "It turned left."}

What comes out is a row of the released set: both pictures, and as `question` the prompt that describes the motion from
the first picture to the second, which is what is to be drawn. The six sub-categories of pet do not apply.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from ipt.curation.texts.motion import generation_prompt, is_certain, reference_of
from ipt.errors import UserError
from ipt.tasks.interface import Yields
from ipt.tasks.real import files

PAIRS = "pairs.jsonl"


def motion_rows(folder: Path, yields: Yields) -> Iterator[dict[str, Any]]:
    """Rows of the released real set (`image_0`, `image_1`, `question`), a pair in memory at a time.

    Raises:
        UserError: the file, a picture or a field is missing or wrong; names the line.
    """
    what = "a pair of views a line: image_0, image_1, question, answer"
    for where, cells in files.json_lines(folder / PAIRS, what):
        yields.add("pair")
        question, answer = files.text_of(where, cells, "question"), str(cells.get("answer", ""))
        prompt = generation_prompt(question, answer)
        if prompt is None:
            yields.add("pair.uncertain" if not is_certain(answer) else "pair.no_prompt")
            continue
        yields.add("inverted", int(reference_of(question) == "second"))
        yields.made += 1
        views = {name: _encoded(folder / files.text_of(where, cells, name)) for name in ("image_0", "image_1")}
        yield views | {"question": prompt}


def _encoded(path: Path) -> dict[str, Any]:
    """The file's own bytes, after a look whether they are a whole picture."""
    data = files.needed(path, "a picture of a pair").read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.verify()
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not a whole image ({error})") from None
    return {"bytes": data, "path": path.name}
