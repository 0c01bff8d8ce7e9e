from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from data.errors import MemoryBudgetError, ModelError
from models.continuation import Engine
from models.decoding import ROW_BLOCK, is_out_of_memory, sample
from tests.models.drawing import PROMPT, draws, record_rows, request


@pytest.mark.parametrize("rows", [1, 20, 33])
def test_batches_are_no_larger_than_asked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    whole = draws(engine, range(40))
    seen = record_rows(engine, monkeypatch)
    found = list(sample(engine, PROMPT, range(40), replace(request(), rows=rows)))
    assert {draw.index: draw for draw in found} == whole
    assert max(seen) <= max(rows, ROW_BLOCK)
    assert seen.count(1) == 1  # the prompt is read once for all batches


@pytest.mark.parametrize("room", [40, 16, 3])
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
)
def test_out_of_memory_halves_the_batch_and_loses_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, room: int, error: Exception
) -> None:
    whole = draws(engine, range(64))
    rows = record_rows(engine, monkeypatch, room=room, error=error)
    found = draws(engine, range(64))
    assert max(rows) > room
    assert {i: draw.token_ids for i, draw in found.items()} == {
        i: draw.token_ids for i, draw in whole.items()
    }


def test_out_of_memory_late_keeps_what_was_yielded(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = draws(engine, range(64))
    steps = iter(range(1000))

    def fails_once(rows: int) -> bool:
        return rows > 1 and next(steps) == 6

    record_rows(engine, monkeypatch, fails=fails_once)
    assert draws(engine, range(64)) == whole


def test_no_memory_for_one_row_is_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    record_rows(engine, monkeypatch, room=0)
    with pytest.raises(MemoryBudgetError, match="not enough memory for even one answer"):
        draws(engine, range(4))


def test_other_errors_are_not_taken_for_memory(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_rows(engine, monkeypatch, room=0, error=RuntimeError("a shape is wrong"))
    with pytest.raises(RuntimeError, match="a shape is wrong"):
        draws(engine, range(4))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(ValueError("out of range"))


def test_numbers_that_are_none_are_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    record_rows(engine, monkeypatch, spoil=True)
    with pytest.raises(ModelError, match="not a number"):
        draws(engine, range(4))
