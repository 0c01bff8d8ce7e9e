"""Which models may be in memory at once, and how much they take."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from data.errors import ChoraleError
from data.schema import ModelRef
from models import budget
from models.base import ModelInfo
from models.budget import bytes_needed, fits_beside, held_bytes, shared_bytes, within_budget
from models.shape import ModelShape, memory_of, weight_bytes

SMALL, BIG, UNKNOWN = ModelRef("a/small"), ModelRef("a/big"), ModelRef("a/unknown")
ECHO, SERVED = ModelRef("echo"), ModelRef("server:town@http://localhost:8000/v1")
SHAPES = {
    SMALL.id: ModelShape(10**7, 10**6, layers=2, width=64, vocabulary=1000, context=512),
    BIG.id: ModelShape(4 * 10**9, 10**8, layers=32, width=1024, vocabulary=32_000, context=512),
}


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "known_shape", lambda ref, place: SHAPES.get(ref.id))


def with_free(monkeypatch: pytest.MonkeyPatch, free: float) -> None:
    monkeypatch.setattr(budget, "available_memory", lambda device: int(free))


@pytest.mark.usefixtures("shapes")
def test_small_models_share_the_memory_that_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert within_budget([SMALL], SMALL)
    assert not within_budget([SMALL, SMALL], SMALL)  # 3 × 0.36 GB
    assert not within_budget([SMALL], BIG)
    assert not within_budget([SMALL], UNKNOWN)
    monkeypatch.setenv("CHORALE_SHARED_MEMORY_GB", "2")
    assert within_budget([SMALL, SMALL], SMALL)


@pytest.mark.usefixtures("shapes")
def test_what_takes_no_memory_here_is_always_welcome() -> None:
    for ref in (ECHO, SERVED, ModelRef("nonsense")):
        assert within_budget([BIG], ref)
        assert within_budget([ref, ref], BIG)
        assert fits_beside([BIG], [], ref) or bytes_needed(ref) == 0
        assert held_bytes(ref) == 0


@pytest.mark.usefixtures("shapes")
def test_free_memory_decides_for_models_that_were_chosen_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need = memory_of(SHAPES[BIG.id], "bf16")
    answers = need - weight_bytes(SHAPES[BIG.id], "bf16", "cpu")
    # The other one is loaded: its weights are no longer free, but its answers need room.
    with_free(monkeypatch, need + answers)
    assert fits_beside([BIG], [], BIG)
    assert not fits_beside([], [BIG], BIG)
    with_free(monkeypatch, need + answers - 1)
    assert not fits_beside([BIG], [], BIG)
    # It is still being loaded: all of it will be taken from what is free now.
    with_free(monkeypatch, 2 * need)
    assert fits_beside([], [BIG], BIG)
    with_free(monkeypatch, 2 * need - 1)
    assert not fits_beside([], [BIG], BIG)
    assert not fits_beside([], [], UNKNOWN)


@pytest.mark.parametrize("revision", ["", "v1", "c0ffee"])
def test_an_earlier_download_tells_its_size(
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: Callable[..., Path],
    tmp_path: Path,
    revision: str,
) -> None:
    home = tmp_path / "models--a--unknown"
    (home / "refs").mkdir(parents=True)
    for name in ("main", "v1"):
        (home / "refs" / name).write_text("c0ffee", encoding="utf-8")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    ref = ModelRef(UNKNOWN.id, revision)
    assert bytes_needed(ref) == math.inf
    shutil.copytree(checkpoint("llama"), home / "snapshots" / "c0ffee")
    assert 0 < bytes_needed(ref) < 1e9
    assert bytes_needed(ModelRef(UNKNOWN.id, "v2")) == math.inf


@pytest.mark.usefixtures("shapes")
def test_a_loaded_model_tells_its_size_where_nothing_else_does() -> None:
    info = ModelInfo(UNKNOWN, "x", 10**9, 512, "cuda", True)
    assert held_bytes(UNKNOWN, info) == 2 * 10**9
    assert held_bytes(UNKNOWN) == 0
    assert held_bytes(SMALL) == 4 * 10**7  # float32, as on a CPU


@pytest.mark.parametrize("text", ["much", "-1", "inf", "nan"])
def test_memory_to_share_must_be_a_number(text: str) -> None:
    assert shared_bytes({}) == 1e9
    assert shared_bytes({"CHORALE_SHARED_MEMORY_GB": "0"}) == 0
    with pytest.raises(ChoraleError, match="CHORALE_SHARED_MEMORY_GB"):
        shared_bytes({"CHORALE_SHARED_MEMORY_GB": text})
