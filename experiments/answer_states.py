"""A model's own states while it reads the answers of a run: another sense of being unlike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.schema import Condition, Message, ModelRef, RunData, Sample
from experiments.followups import Piece, Stop
from experiments.strategies.registry import voices
from metrics.selection import sparse_projection
from models.base import LanguageModel
from models.server_address import is_server

KIND = "answer states"
AT_ONCE = 16  # answers between two looks at whether to stop
WIDTH = 512  # numbers kept per answer; wider states are projected, as in the paper


def model_of(data: RunData) -> ModelRef | None:
    """The one local model that all conditions share; None where states couldn't be compared."""
    models = {model for condition in data.run.conditions for model in voices(condition)}
    (first, *others) = models
    return None if others or is_server(first.id) else first


def answer_pieces(data: RunData, model: ModelRef) -> list[Piece]:
    """The work of reading every answer again, condition by condition.

    However an answer was asked for, it is read as the answer to persona and question.

    Args:
        data: a run of answers.
        model: from `model_of`.
    """
    pieces = []
    for condition in data.run.conditions:
        own = [s for key, s in zip(data.keys, data.samples, strict=True) if key == condition.key]
        for first in range(0, len(own), AT_ONCE):
            chunk = own[first : first + AT_ONCE]
            read = partial(_read, data.run.prompt, data.run.seed, condition, chunk)
            pieces.append(Piece(f"{condition.key} {chunk[0].index}", model, read))
    return pieces


def states_of(kept: Mapping[str, Any], data: RunData) -> NDArray[np.float64] | None:
    """(m, d) of each row; None until all of them have been read.

    Args:
        kept: pieces in the store.
        data: m rows, or some of the run's.
    """
    known = {place: state for piece in kept.values() for place, state in piece.items()}
    places = [_place(key, s) for key, s in zip(data.keys, data.samples, strict=True)]
    if not places or any(place not in known for place in places):
        return None
    return np.array([known[place] for place in places], dtype=np.float64)


def _read(
    prompt: str,
    seed: int,
    condition: Condition,
    samples: Sequence[Sample],
    model: LanguageModel,
    should_stop: Stop,
) -> dict[str, list[float]] | None:
    """States of some answers by place: the last layer's, averaged over the answer's tokens."""
    if should_stop():
        return None
    persona = (Message("system", condition.system),) if condition.system.strip() else ()
    answers = [model.answer_ids(sample.text) for sample in samples]
    found = model.hidden_states((*persona, Message("user", prompt)), answers, layers=[-1])[:, 0]
    # One matrix for the whole run, so that what is unlike stays so.
    rows = sparse_projection(np.nan_to_num(found), WIDTH, rng=np.random.default_rng(seed % 2**64))
    return {
        _place(condition.key, sample): [round(float(value), 4) for value in row]
        for sample, row in zip(samples, rows, strict=True)
    }


def _place(key: str, sample: Sample) -> str:
    return f"{key} {sample.index}"
