"""Nothing from outside is executed: no pickle, no shell, no unsafe YAML or archive, anywhere in the package."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "ipt").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
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
    assert unsafe(ast.parse(source.read_text(encoding="utf-8"))) == []


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
