"""The rooms of the house and the arrows between them, read from every file's syntax tree."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each room may import of ours, besides itself.
_BELOW_SCREEN = {"experiments", "models", "metrics", "data"}
ARROWS = {
    "app": {"pages", "components", *_BELOW_SCREEN},
    "pages": {"components", *_BELOW_SCREEN},
    "components": _BELOW_SCREEN,
    "components.figures": {"metrics", "data"},
    "experiments": {"models", "metrics", "data"},
    "models": {"data"},
    "metrics": set(),
    "data": set(),
}
ROOMS = set(ARROWS) | {"tests"}
ON_SCREEN = {"app", "pages", "components"}
HEAVY = {"torch", "transformers", "sentence_transformers", "umap", "bitsandbytes"}
# Files whose every importer is itself a loader, a command, or a function that loads a model.
LOADED_LATE = {
    "models/continuation.py",
    "models/decoding.py",
    "models/divergence.py",
    "models/forcing.py",
    "models/lookahead.py",
    "models/norms.py",
    "models/replay.py",
    "models/scoring.py",
    "models/shared_prefix.py",
    "models/suffixes.py",
    "models/truncation.py",
    "models/watched_attention.py",
    "models/town/muon.py",
    "models/town/train.py",
}
# The command that holds the bundled model against the measures, and its parts: they may import
# `metrics` although they lie among the models, and nothing of the product may import them.
COMMAND = ("models.town.evaluate", "models.town.fidelity")
MAX_LINES = {"app.py": 60, "pages": 150, "": 300}


def sources() -> dict[str, str]:
    """Every Python file of the product by its path."""
    files = [ROOT / "app.py"]
    for room in sorted({room.partition(".")[0] for room in ARROWS} - {"app"}):
        files += sorted((ROOT / room).rglob("*.py"))
    return {str(f.relative_to(ROOT)): f.read_text("utf-8") for f in files}


def room_of(path: str) -> str:
    if path.startswith("components/figures/"):
        return "components.figures"
    return path.partition("/")[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of every module imported anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def _at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _at_import_time(child)


def arrow_violations(path: str, tree: ast.AST) -> Iterator[str]:
    """Imports that point up or sideways."""
    room, own_command = room_of(path), _of_command(path.removesuffix(".py").replace("/", "."))
    for line, name in imported(tree):
        top = "components.figures" if name.startswith("components.figures") else name.split(".")[0]
        if name.startswith("."):
            yield f"{path}:{line} imports {name}; write it from the root"
        elif _of_command(name) and not own_command:
            yield f"{path}:{line} imports {name}; it is a command's, and nothing else may"
        elif top == "metrics" and own_command:
            continue
        elif room == "pages" and top == "pages":
            yield f"{path}:{line} imports another page; shared code moves down"
        elif top in ROOMS and top not in {room, *ARROWS[room]}:
            if not (room == "components" and top == "components.figures"):
                yield f"{path}:{line} imports {name}; {room} may not"


def _of_command(module: str) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in COMMAND)


def screen_violations(path: str, tree: ast.AST) -> Iterator[str]:
    """Streamlit below the screen, and session state outside its one place."""
    if room_of(path) not in ON_SCREEN:
        for line, name in imported(tree):
            if name.split(".")[0] == "streamlit":
                yield f"{path}:{line} imports streamlit below the screen"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "session_state":
            if path != "components/state.py":
                yield f"{path}:{node.lineno} touches st.session_state"


def weight_violations(path: str, tree: ast.AST) -> Iterator[str]:
    """Heavy libraries imported before anything asked for a model."""
    if path in LOADED_LATE:
        return
    for node in _at_import_time(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for line, name in imported(node):
                if name.split(".")[0] in HEAVY:
                    yield f"{path}:{line} imports {name} when it is itself imported"


def danger_violations(path: str, tree: ast.AST) -> Iterator[str]:
    """Ways to run what a model, a visitor or a download brought."""
    for line, name in imported(tree):
        if name.split(".")[0] in {"pickle", "marshal", "shelve", "dill", "cloudpickle"}:
            yield f"{path}:{line} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            if node.value.value is True and node.arg in _DANGEROUS_OPTIONS:
                yield f"{path}:{node.value.lineno} sets {node.arg}=True"
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _DANGEROUS_CALLS:
            if any(ast.unparse(option) == "weights_only=True" for option in node.keywords):
                continue  # torch reads tensors and numbers only
            yield f"{path}:{node.lineno} calls {ast.unparse(node.func)}"


_DANGEROUS_OPTIONS = {"unsafe_allow_html", "unsafe_allow_javascript", "trust_remote_code"}
_DANGEROUS_OPTIONS |= {"allow_pickle", "shell"}
_DANGEROUS_CALLS = {"eval", "exec", "torch.load", "os.system", "yaml.load", "joblib.load"}

CHECKS = (arrow_violations, screen_violations, weight_violations, danger_violations)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_file_keeps_to_its_room(check):
    found = [v for path, text in sources().items() for v in check(path, ast.parse(text))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("check", "path", "code"),
    [
        (arrow_violations, "metrics/x.py", "from data.schema import Sample"),
        (arrow_violations, "metrics/x.py", "def f():\n    import data.schema"),
        (arrow_violations, "models/x.py", "import metrics.vendi"),
        (arrow_violations, "models/town/train.py", "from metrics.style import style_features"),
        (arrow_violations, "models/town/sampler.py", "import metrics"),
        (arrow_violations, "models/town/evaluate_more.py", "import metrics"),
        (arrow_violations, "models/town/evaluate.py", "from experiments import analysis"),
        (arrow_violations, "models/town/fidelity/x.py", "import components.text"),
        (arrow_violations, "models/local.py", "import models.town.evaluate"),
        (arrow_violations, "models/town/train.py", "from models.town import evaluate"),
        (arrow_violations, "models/town/sampler.py", "from models.town.fidelity import styles"),
        (arrow_violations, "experiments/x.py", "import models.town.fidelity.figures"),
        (arrow_violations, "app.py", "from models.town.fidelity.styles import style_rows"),
        (arrow_violations, "data/x.py", "from models import base"),
        (arrow_violations, "experiments/x.py", "import components.text"),
        (arrow_violations, "components/figures/x.py", "from components.text import plural"),
        (arrow_violations, "components/figures/x.py", "from experiments.analysis import analyse"),
        (arrow_violations, "components/x.py", "import app"),
        (arrow_violations, "components/x.py", "from . import text"),
        (arrow_violations, "pages/drift.py", "from pages.diversity import finding"),
        (arrow_violations, "experiments/x.py", "from tests.conftest import ROOT"),
        (screen_violations, "experiments/x.py", "import streamlit as st"),
        (screen_violations, "components/figures/x.py", "from streamlit import cache_data"),
        (screen_violations, "pages/x.py", "st.session_state['a'] = 1"),
        (weight_violations, "models/local.py", "import torch"),
        (
            weight_violations,
            "models/local.py",
            "try:\n    from torch import nn\nfinally:\n    pass",
        ),
        (weight_violations, "components/x.py", "class A:\n    import umap.umap_ as u"),
        (danger_violations, "components/x.py", "st.markdown(text, unsafe_allow_html=True)"),
        (danger_violations, "models/x.py", "load(id, trust_remote_code=True)"),
        (danger_violations, "models/x.py", "import pickle"),
        (danger_violations, "models/x.py", "torch.load('weights.bin')"),
        (danger_violations, "data/x.py", "eval('1')"),
        (danger_violations, "data/x.py", "np.load(file, allow_pickle=True)"),
    ],
)
def test_the_checks_catch_a_violation(check, path, code):
    assert len(list(check(path, ast.parse(code)))) >= 1


@pytest.mark.parametrize(
    ("check", "path", "code"),
    [
        (arrow_violations, "components/views/x.py", "from components.figures.palette import INK"),
        (arrow_violations, "components/x.py", "from metrics.catalogue import CATALOGUE"),
        (arrow_violations, "experiments/x.py", "import numpy, models.base, data.schema"),
        (arrow_violations, "models/town/evaluate.py", "import metrics.style"),
        (arrow_violations, "models/town/fidelity/x.py", "from metrics.style import FEATURES"),
        (arrow_violations, "models/town/evaluate.py", "from models.town.fidelity import styles"),
        (arrow_violations, "models/town/train.py", "from models.town.sampler import TownModel"),
        (weight_violations, "models/local.py", "def load():\n    import torch"),
        (weight_violations, "models/x.py", "if TYPE_CHECKING:\n    import torch"),
        (danger_violations, "models/x.py", "model.eval()"),
        (danger_violations, "models/x.py", "load(id, trust_remote_code=False)"),
        (danger_violations, "models/x.py", "torch.load(path, weights_only=True)"),
    ],
)
def test_the_checks_let_the_rest_pass(check, path, code):
    assert list(check(path, ast.parse(code))) == []


def test_only_what_exists_is_excused():
    # A file that is planned may be named ahead of its time; one that needs no excuse may not.
    there = {path: text for path, text in sources().items() if path in LOADED_LATE}
    unneeded = [
        path
        for path, text in there.items()
        if not any(name.split(".")[0] in HEAVY for _, name in imported(ast.parse(text)))
    ]
    assert unneeded == []
    of_command = [
        name
        for path, text in sources().items()
        if _of_command(path.removesuffix(".py").replace("/", "."))
        for _, name in imported(ast.parse(text))
    ]
    assert any(name.startswith("metrics") for name in of_command)


def test_files_stay_short():
    tests = {str(f.relative_to(ROOT)): f.read_text("utf-8") for f in (ROOT / "tests").rglob("*.py")}
    long = {
        path: count
        for path, text in {**sources(), **tests}.items()
        if (count := text.count("\n")) > MAX_LINES.get(path, MAX_LINES.get(room_of(path), 300))
    }
    assert long == {}


_OPEN_EVERY_PAGE = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
for page in sorted(Path("pages").glob("*.py")):
    opened = AppTest.from_file(str(page.resolve()), default_timeout=60).run()
    assert not opened.exception, opened.exception
print(",".join(sorted(set(sys.argv[1].split(",")) & set(sys.modules))))
"""


def test_opening_a_page_loads_no_model_library(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHORALE_DATABASE": str(tmp_path / "db")}
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_EVERY_PAGE, ",".join(sorted(HEAVY))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1:] in ([], [""]), f"imported: {done.stdout}"
