"""Every field of the configuration with values that nobody meant: refused by name, or a configuration that is whole."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipt.config import Config, load_config
from ipt.errors import UserError

SHIPPED = {
    scale: load_config(scale).model_dump(mode="json") for scale in ("micro", "paper")
}  # defaults included, so that every field is one of the leaves below


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Path of every field, sections included."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += leaves(inner, (*path, key))
    return found


FIELDS = [(scale, path) for scale, data in SHIPPED.items() for path in leaves(data)]

strange = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**63, 10**30, "", " ", "0x10", "\0", "../..", "é" * 300]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=4),
    st.dictionaries(st.text("abc_", max_size=5), st.integers() | st.none(), max_size=3),
)


def put(data: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(FIELDS), value=strange)
def test_a_strange_value_is_refused_by_name_or_is_a_whole_configuration(
    tmp_path: Path, field: tuple[str, tuple[Any, ...]], value: object
) -> None:
    scale, path = field
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(put(SHIPPED[scale], path, value), allow_unicode=True), encoding="utf-8")
    try:
        config = load_config(file)
    except UserError as error:
        assert str(error).startswith(f"{file}: ")  # noqa: PT017 (either outcome is right)
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert Config.model_validate(config.model_dump(mode="json")) == config or value != value
    assert len(config.digest()) == 16


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_configuration_or_named_as_none(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(data)
    try:
        load_config(file)
    except UserError as error:
        assert str(error).startswith(f"{file}: ")  # noqa: PT017 (either outcome is right)


@pytest.mark.parametrize("scale", list(SHIPPED))
def test_every_field_is_among_the_leaves(scale: str) -> None:
    assert sum(1 for name, _ in FIELDS if name == scale) > 150
