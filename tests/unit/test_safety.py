"""Nothing from outside is executed: no pickle, no shell, no unsafe YAML or archive, anywhere in the package."""

import ast
import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipt.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "ipt").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
RESTRICTED = {"ipt/training/table.py": ["import pickle"]}
"""What is allowed where: an unpickler that makes named classes only (`test_a_checkpoint_runs_nothing`)."""
FORBIDDEN_IMPORTS = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib", "cloudpickle"}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def unsafe(tree: ast.AST) -> list[str]:
    """What a reader of the source would stop at."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [f"import {name}" for name in names if name.split(".")[0] in FORBIDDEN_IMPORTS]
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if name in ("eval", "exec", "os.system", "yaml.load", "yaml.unsafe_load", "yaml.full_load"):
            found.append(name)
        if name == "torch.load" and given.get("weights_only") != "True":
            found.append("torch.load without weights_only=True")
        if name.endswith("np.load") and given.get("allow_pickle", "False") != "False":
            found.append("np.load with pickle")
        if name.endswith((".extractall", ".extract")) and given.get("filter") != "'data'":
            found.append(f"{name} without filter='data'")
        if given.get("shell") == "True":
            found.append(f"{name} through a shell")
        if given.get("trust_remote_code", "False") != "False":
            found.append(f"{name} runs code from the hub")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_from_outside_is_executed(source: Path) -> None:
    found = unsafe(ast.parse(source.read_text(encoding="utf-8")))
    assert found == RESTRICTED.get(str(source.relative_to(ROOT)), [])


@dataclass
class Bomb:
    """Unpickled, it makes a folder."""

    path: str

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.path,)


def test_a_checkpoint_runs_nothing(tmp_path: Path) -> None:
    from ipt.training.table import TableReader

    (tmp_path / ".metadata").write_bytes(pickle.dumps(Bomb(str(tmp_path / "ran"))))
    with pytest.raises(UserError, match=r"\.metadata: not a table of tensors \(posix\.mkdir has no place in it\)"):
        TableReader(tmp_path).read_metadata()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"noise", pickle.dumps({"storage_data": 3}), pickle.dumps([])])
def test_a_table_of_a_checkpoint_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    from ipt.training.table import TableReader

    (tmp_path / ".metadata").write_bytes(content)
    with pytest.raises(UserError, match=r"\.metadata: not a table"):
        TableReader(tmp_path).read_metadata()


def test_tensors_of_a_checkpoint_are_in_its_folder(tmp_path: Path) -> None:
    from torch.distributed.checkpoint.filesystem import _StorageInfo
    from torch.distributed.checkpoint.metadata import Metadata, MetadataIndex

    from ipt.training.table import TableReader

    place = {MetadataIndex("w"): _StorageInfo("../outside.distcp", 0, 10)}
    (tmp_path / ".metadata").write_bytes(pickle.dumps(Metadata({}, None, place)))
    with pytest.raises(UserError, match="not below it"):
        TableReader(tmp_path).read_metadata()


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "archive.extractall(folder)",
        "subprocess.run(text, shell=True)",
        "yaml.load(text)",
        "AutoModel.from_pretrained(name, trust_remote_code=True)",
    ],
)
def test_the_check_sees_what_it_looks_for(text: str) -> None:
    assert unsafe(ast.parse(text))
