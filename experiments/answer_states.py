"""A model's own states while it reads the answers of a run: another sense of being unlike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.schema import Condition, Message, ModelRef, RunData, Sample
from experiments.followups import Piece, Stop
from experiments.strategies.registry import voices
from metrics.selection import sparse_projection
from models.base import LanguageModel
from models.server_address import is_server

Which = Literal["mean", "end"]
KIND = "answer states and ends"
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


def states_of(
    kept: Mapping[str, Any], data: RunData, which: Which = "mean"
) -> NDArray[np.float64] | None:
    """(m, d) of each row; None until all of them have been read.

    Args:
        kept: pieces in the store.
        data: m rows, or some of the run's.
        which: "mean" of the last layer over the answer's tokens, or "end": the middle layer's at
            the last token.
    """
    known = {place: state for piece in kept.values() for place, state in piece.items()}
    places = [_place(key, s, which) for key, s in zip(data.keys, data.samples, strict=True)]
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
    """States of some answers by place, as `states_of` tells them apart."""
    if should_stop():
        return None
    persona = (Message("system", condition.system),) if condition.system.strip() else ()
    chat = (*persona, Message("user", prompt))
    answers = [model.answer_ids(sample.text) for sample in samples]
    means = model.hidden_states(chat, answers)
    ends = _at_the_end(model, chat, answers, means[:, means.shape[1] // 2])
    rng = np.random.default_rng(seed % 2**64)
    # One matrix for the whole run and both kinds, so that what is unlike stays so.
    rows = sparse_projection(np.nan_to_num(np.concatenate((means[:, -1], ends))), WIDTH, rng=rng)
    kinds: tuple[Which, ...] = ("mean", "end")
    places = [_place(condition.key, sample, which) for which in kinds for sample in samples]
    return {
        place: [round(float(value), 4) for value in row]
        for place, row in zip(places, rows, strict=True)
    }


def _at_the_end(
    model: LanguageModel,
    chat: Sequence[Message],
    answers: Sequence[tuple[int, ...]],
    means: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The middle layer's states at the last tokens, (n, d), from its means over all tokens.

    Means are what models give: what is left of the sum without all tokens but the last is its own.
    """
    shorter = model.hidden_states(chat, [answer[:-1] for answer in answers])
    lengths = np.array([len(answer) for answer in answers], np.float32)[:, None]
    return lengths * means - (lengths - 1) * np.nan_to_num(shorter[:, shorter.shape[1] // 2])


def _place(key: str, sample: Sample, which: Which) -> str:
    return f"{key} {sample.index}" + (" end" if which == "end" else "")
