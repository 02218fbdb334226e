"""The user's own files: read with a message that names file and line, and says what belongs there."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ipt.errors import UserError


def needed(path: Path, what: str) -> Path:
    """`path`, if it is there.

    Raises:
        UserError: it is not; says `what` belongs there.
    """
    if not path.exists():
        raise UserError(f"{path}: missing; it is {what}")
    return path


def json_lines(path: Path, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a file with one JSON object a line, with the name of its place for errors.

    Raises:
        UserError: the file is missing or not UTF-8, or a line is no JSON object.
    """
    try:
        lines = needed(path, what).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}: line {number}"
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{where}: not JSON ({error})") from None
        if not isinstance(value, dict):
            raise UserError(f"{where}: expected an object, found {type(value).__name__}")
        yield where, value


def json_file(path: Path, what: str) -> Any:
    """The value of a JSON file of the user's.

    Raises:
        UserError: missing, or not JSON.
    """
    try:
        return json.loads(needed(path, what).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not JSON ({error})") from None


def text_of(where: str, cells: Mapping[str, Any], name: str) -> str:
    """A text that is not empty."""
    value = cells.get(name)
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{where}, {name}: expected a text, found {value!r}")
    return value.strip()


def names_of(where: str, cells: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts, each once, in order."""
    value = cells.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise UserError(f"{where}, {name}: expected a list of texts, found {value!r}")
    return tuple(dict.fromkeys(one.strip() for one in value))


def numbers_of(where: str, value: Any, name: str, number: int) -> NDArray[np.float64]:
    """`number` finite numbers, [number]."""
    good = isinstance(value, list) and len(value) == number
    if not good or not all(isinstance(one, int | float) and np.isfinite(one) for one in value):
        raise UserError(f"{where}, {name}: expected {number} numbers, found {value!r}")
    return np.asarray(value, np.float64)


def picture(path: Path) -> NDArray[np.uint8]:
    """Pixels [H, W, 3] of an image file.

    Raises:
        UserError: missing, or no whole image.
    """
    try:
        with Image.open(io.BytesIO(needed(path, "a picture").read_bytes())) as opened:
            return np.asarray(opened.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not a whole image ({error})") from None
