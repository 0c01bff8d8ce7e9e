"""The training command."""

import math

import pytest
import torch

from models.town.muon import Muon, orthogonal
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


def test_training_may_begin_with_earlier_weights(tmp_path):
    from transformers import AutoModelForCausalLM

    first = options(tmp_path, "first", 2)
    train(first)
    second = options(tmp_path, "second", 1, "--begin-with", str(first.out), "--rate", "0")
    train(second)
    before, after = (
        AutoModelForCausalLM.from_pretrained(each.out).state_dict() for each in (first, second)
    )
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]), name


def test_muon_keeps_directions_and_evens_their_lengths():
    torch.manual_seed(0)
    for shape in ((2, 24, 64), (2, 64, 24)):
        matrices = torch.randn(shape)
        u, _, v = torch.linalg.svd(matrices, full_matrices=False)
        found = orthogonal(matrices)
        inner = u.mT @ found @ v.mT
        lengths = torch.diagonal(inner, dim1=1, dim2=2)
        assert (inner - torch.diag_embed(lengths)).abs().max() < 1e-3
        assert lengths.min() > 0.6
        assert lengths.max() < 1.3


def test_muon_moves_a_matrix_as_pytorchs_own_does():
    torch.manual_seed(0)
    start, gradients = torch.randn(16, 48), torch.randn(3, 16, 48)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizers = (
        Muon([ours], lr=0.2, weight_decay=0.01),
        torch.optim.Muon([theirs], lr=0.2, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
    )
    for gradient in gradients:
        for parameter, optimizer in zip((ours, theirs), optimizers, strict=True):
            parameter.grad = gradient.clone()
            optimizer.step()
    # PyTorch's works in bf16
    moved = (ours - start).abs().mean()
    assert (ours - theirs).abs().mean() < 0.02 * moved


def test_finished_training_does_nothing(tmp_path):
    train(options(tmp_path, "run", 2))
    assert math.isnan(train(options(tmp_path, "run", 2)))


def test_rate_warms_up_holds_and_ends_at_zero():
    rates = [rate(step, steps=1000, peak=1.0) for step in range(1001)]
    assert rates[0] == 0.01
    assert rates[99] == rates[500] == 1.0
    assert rates[750] == pytest.approx(0.5)  # half of the last 500 steps is left
    assert rates[1000] == 0.0
