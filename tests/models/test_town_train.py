"""The training command."""

import math

import pytest
import torch

from models.town.train import parse, rate, train


def options(tmp_path, name, steps, *more):
    tiny = "--hidden 32 --layers 1 --vocab 600 --rows 1 --length 96 --report 1 --save 2 --workers 1"
    tiny += " --words-from 300"
    return parse(
        [*tiny.split(), "--steps", str(steps), "--out", str(tmp_path / name / "weights"),
         "--checkpoint", str(tmp_path / name / "training.pt"), *more]
    )  # fmt: skip


def step_of(path):
    return torch.load(path, weights_only=True)["step"]


def test_training_writes_a_folder_that_loads(tmp_path, capsys):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    chosen = options(tmp_path, "run", 3)
    assert math.isfinite(train(chosen))
    assert "step 3" in capsys.readouterr().out
    model = AutoModelForCausalLM.from_pretrained(chosen.out)
    assert model.dtype == torch.bfloat16
    assert AutoTokenizer.from_pretrained(chosen.out).model_max_length == 1024
    assert model.config.max_position_embeddings == 1024


def test_resumed_training_goes_on_where_it_stopped(tmp_path, monkeypatch):
    # the schedule depends on the number of steps, so it is held constant here
    monkeypatch.setattr("models.town.train.rate", lambda step, *, steps, peak: peak)
    train(options(tmp_path, "parts", 2))
    assert step_of(tmp_path / "parts" / "training.pt") == 2
    train(options(tmp_path, "parts", 4))
    train(options(tmp_path, "whole", 4))
    parts, whole = (
        torch.load(tmp_path / name / "training.pt", weights_only=True)
        for name in ("parts", "whole")
    )
    assert parts["step"] == whole["step"] == 4
    for name, tensor in whole["model"].items():
        assert torch.allclose(parts["model"][name], tensor, atol=1e-6), name


def test_finished_training_does_nothing(tmp_path):
    train(options(tmp_path, "run", 2))
    assert math.isnan(train(options(tmp_path, "run", 2)))


def test_rate_warms_up_holds_and_ends_at_zero():
    rates = [rate(step, steps=1000, peak=1.0) for step in range(1001)]
    assert rates[0] == 0.01
    assert rates[99] == rates[600] == 1.0
    assert rates[825] == pytest.approx(0.5)  # half of the last 350 steps is left
    assert rates[1000] == 0.0
