"""Recorded steps. No GPU is needed for most: see `tests.models.op_recorder`."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from data.schema import ModelRef, Quantization
from models import replay
from models.continuation import Continuation, Engine, read_prompt
from models.local import LocalModel, load_local
from models.prefix_check import NOT_REPLAYED, checked
from models.replay import RECORDERS, Clock, ReplayedSteps
from tests.models.drawing import draws, record_rows
from tests.models.families import FAMILIES, VOCABULARY, WINDOW, save_family
from tests.models.op_recorder import Step, record_ops
from tests.models.test_families import SAID, STATEFUL, tokens_of

# What can't be recorded: states that are written anew at each token, and gpt2, which looks for
# padding among the tokens of every step.
UNRECORDED = STATEFUL | {"gpt2"}
PROMPT = list(range(5, 45))
ROWS = 5
gpu = pytest.mark.gpu
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lets CPUs record; the list has one entry for each step that was recorded."""
    records: list[int] = []

    def record(step: Step) -> Step:
        records.append(1)
        return record_ops(step)

    monkeypatch.setitem(RECORDERS, "cpu", record)
    return records


def logits_of(engine: Engine, steps: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """(steps, kept rows, vocabulary); the other rows leave after a third of the steps."""
    rows = Continuation(engine, read_prompt(engine, PROMPT), rows=ROWS, limit=len(steps))
    assert rows.replays == engine.replays
    early = len(steps) // 3
    logits = [rows.step(tokens)[kept] for tokens in steps[:early]]
    rows.keep(kept)
    logits += [rows.step(tokens[kept]) for tokens in steps[early:]]
    assert rows.replays == engine.replays
    return torch.stack(logits)


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in SAID])
def test_recorded_steps_give_the_logits_of_plain_ones(
    name: str, tmp_path: Path, recorded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "LOOK_AHEAD", 10)  # so that what is looked at grows on the way
    model = load_local(
        ModelRef(str(save_family(tmp_path, name)), quantization="fp32"), device="cpu"
    )
    engine = model._engine
    assert engine.replays == (name not in UNRECORDED)
    assert (NOT_REPLAYED in model.info.notes) == (name in UNRECORDED)
    if not engine.replays:
        return
    recorded.clear()
    generator = torch.Generator().manual_seed(1)
    steps = torch.randint(VOCABULARY, (2 * WINDOW, ROWS), generator=generator)
    kept = torch.tensor([0, 2, 4])
    found = logits_of(engine, steps, kept)
    assert len(recorded) == 4  # at steps 0, 8 (rows leave), 10 and 20: all others are replays
    expected = logits_of(replace(engine, replays=False), steps, kept)
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("quantization", ["fp32", "bf16", "int8", "nf4"])
def test_recorded_steps_draw_the_same_in_every_precision(
    checkpoint: Callable[..., Path],
    recorded: list[int],
    monkeypatch: pytest.MonkeyPatch,
    quantization: Quantization,
) -> None:
    monkeypatch.setattr(replay, "LOOK_AHEAD", 10)
    ref = ModelRef(str(checkpoint("llama")), quantization=quantization)
    engine = load_local(ref, device="cpu")._engine
    assert engine.replays == (quantization != "int8")  # which looks for outliers at every product
    engine = replace(engine, eos_ids=frozenset(range(0, 300, 10)))
    recorded.clear()
    found = draws(engine, range(40))
    assert (len(recorded) > 3) == engine.replays  # rows left, and were looked at further on
    plain = draws(replace(engine, replays=False), range(40))
    assert tokens_of(found) == tokens_of(plain)


def test_what_a_record_froze_is_found_out(
    tiny: LocalModel, recorded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checked(tiny._engine)[0].replays

    def forgetful(steps: ReplayedSteps) -> torch.Tensor:
        steps._clock.start()
        positions = torch.full_like(steps._tokens, len(PROMPT) + steps._length)
        return steps._forward(steps._tokens, positions, steps.cache)

    monkeypatch.setattr(ReplayedSteps, "_run", forgetful)
    engine, notes = checked(tiny._engine)
    assert not engine.replays
    assert engine.shares_prefix
    assert notes == (NOT_REPLAYED,)


def test_what_waits_for_the_device_is_found_out(
    tiny: LocalModel, recorded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Clock.hidden

    def curious(clock: Clock, *sizes: int) -> torch.Tensor:
        assert clock.place.item() >= 0
        return usual(clock, *sizes)

    monkeypatch.setattr(Clock, "hidden", curious)
    assert checked(tiny._engine)[1] == (NOT_REPLAYED,)


def test_steps_that_cannot_be_recorded_any_more_are_run_as_they_are(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter(range(100))

    def record(step: Step) -> Step:
        if next(tries) == 1:
            raise RuntimeError("operation not permitted when stream is capturing")
        return record_ops(step)

    expected = draws(engine, range(64))
    monkeypatch.setitem(RECORDERS, "cpu", record)
    assert tokens_of(draws(replace(engine, replays=True), range(64))) == tokens_of(expected)
    assert next(tries) == 2  # none after the one that failed


@pytest.mark.parametrize("room", [40, 16])
def test_memory_that_runs_out_while_recording_halves_the_batch(
    engine: Engine, recorded: list[int], monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    expected = draws(engine, range(64))
    rows = record_rows(engine, monkeypatch, room=room)
    assert tokens_of(draws(replace(engine, replays=True), range(64))) == tokens_of(expected)
    assert max(rows) > room


def test_caches_go_with_the_rows(engine: Engine, recorded: list[int]) -> None:
    gc.disable()
    try:
        for record in (record_ops, _fails):
            RECORDERS["cpu"] = record
            prefill = read_prompt(engine, PROMPT)
            rows = Continuation(replace(engine, replays=True), prefill, rows=2, limit=2)
            rows.step(torch.tensor([7, 8]))
            layer = weakref.ref(rows._replayed)
            del rows
            assert layer() is None  # a cycle would keep them until the next collection
    finally:
        gc.enable()


def _fails(step: Step) -> Step:
    raise RuntimeError


@gpu
@needs_gpu
@pytest.mark.parametrize("quantization", ["fp32", "bf16", "nf4"])
@pytest.mark.parametrize("kind", ["llama", "mistral", "gemma2"])
def test_graphs_draw_the_same_on_a_gpu(
    checkpoint: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    quantization: Quantization,
) -> None:
    monkeypatch.setattr(replay, "LOOK_AHEAD", 10)
    ref = ModelRef(str(checkpoint(kind)), quantization=quantization)
    model = load_local(ref, device="cuda")
    assert model._engine.replays
    assert NOT_REPLAYED not in model.info.notes
    engine = replace(model._engine, eos_ids=frozenset(range(0, 300, 10)))
    found = tokens_of(draws(engine, range(64)))
    assert tokens_of(draws(engine, range(64))) == found
    plain = tokens_of(draws(replace(engine, replays=False), range(64)))
    # Rounding may move a draw where its uniform lies close to a border, in 16 bits more often.
    same = sum(plain[index] == tokens for index, tokens in found.items())
    assert same >= (63 if quantization == "fp32" else 48)


@gpu
@needs_gpu
def test_memory_that_runs_out_on_a_gpu_halves_the_batch(
    checkpoint: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ModelRef(str(checkpoint("llama")), quantization="fp32")
    engine = load_local(ref, device="cuda")._engine
    engine = replace(engine, eos_ids=frozenset(range(0, 300, 10)))
    whole = tokens_of(draws(engine, range(64)))
    rows = record_rows(engine, monkeypatch, room=40)
    assert tokens_of(draws(engine, range(64))) == whole
    assert max(rows) > 40
