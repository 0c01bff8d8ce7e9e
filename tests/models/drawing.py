"""Draws from a tiny model, and a watch on its forward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps

import pytest
import torch

from data.schema import Decoding
from models.continuation import Engine
from models.decoding import Draw, Request, sample

PROMPT = list(range(5, 35))
LIMIT = 24


def request(limit: int = LIMIT, seed: int = 7, **decoding: float) -> Request:
    return Request(Decoding(max_new_tokens=limit, **decoding), seed, limit)


def draws(engine: Engine, indices: Iterator[int] | range | list[int], **options) -> dict[int, Draw]:
    found = list(sample(engine, PROMPT, list(indices), request(**options)))
    assert len({draw.index for draw in found}) == len(found)
    return {draw.index: draw for draw in found}


def record_rows(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    *,
    room: int = 10**9,
    error: Exception | None = None,
    fails: Callable[[int], bool] | None = None,
    spoil: bool = False,
) -> list[int]:
    """Watch the rows of every forward pass; raise where there are more than there is room for."""
    rows: list[int] = []
    forward = engine.model.forward
    fails = fails or (lambda count: count > room)

    @wraps(forward)
    def watched(*, input_ids: torch.Tensor, logits_to_keep: int = 0, **options):
        rows.append(len(input_ids))
        if fails(len(input_ids)):
            raise error or torch.OutOfMemoryError("CUDA out of memory.")
        output = forward(input_ids=input_ids, logits_to_keep=logits_to_keep, **options)
        if spoil:
            output.logits = output.logits * torch.nan
        return output

    monkeypatch.setattr(engine.model, "forward", watched)
    return rows
