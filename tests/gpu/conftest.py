"""Tests that need a CUDA device: all are skipped without one."""

import pytest
import torch

from tests.unit.training.conftest import world

__all__ = ["world"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/gpu/" in item.nodeid:
            item.add_marker(pytest.mark.gpu)
            item.add_marker(pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here"))
