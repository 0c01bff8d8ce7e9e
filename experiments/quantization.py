"""One model in two precisions: the same prompt and seeds, and what changes at every token."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from data.divergences import Place, TokenDivergence
from data.errors import ChoraleError
from data.schema import Condition, Message, RunData
from experiments.sampling import SamplingExperiment, condition_seed
from experiments.spool import Spool
from models.base import Answers, LanguageModel
from models.server_address import is_server

# Answers are compared in groups of so many tokens: the spool of a group takes 2 bytes per token
# and entry of the vocabulary, 5 GB for one of 152,000.
GROUP_TOKENS = 2**14
ATTRIBUTES = ("model id", "revision", "decoding", "system", "n")

OnModel = Callable[[Condition, Callable[[LanguageModel], None]], None]


@dataclass(frozen=True, slots=True)
class QuantizationExperiment(SamplingExperiment):
    """Ask one model in two precisions, with the same random numbers for draws of the same index.

    So two draws of one index differ only where the precision changed a distribution enough to
    move its uniform past a border between tokens.

    Raises:
        ChoraleError: there aren't two conditions, or they differ in more than the precision.
    """

    kind: ClassVar[str] = "quantization"

    def __post_init__(self) -> None:
        SamplingExperiment.__post_init__(self)
        if len(self.conditions) != 2:
            raise ChoraleError(
                f"Two precisions are compared, but there were {len(self.conditions)}.",
                "Choose two.",
            )
        first, second = self.conditions
        if first.model.quantization == second.model.quantization:
            raise ChoraleError(
                f"Both precisions are {first.model.quantization}.", "Choose two different ones."
            )
        for name, one, other in zip(ATTRIBUTES, _asked(first), _asked(second), strict=True):
            if one != other:
                raise ChoraleError(
                    f"The two conditions differ in their {name} too.",
                    "Let them differ in the precision alone.",
                )
        if is_server(first.model.id):
            raise ChoraleError(
                "A server decides on the precision of its models itself.",
                "Choose a model on this machine.",
            )

    def seed_of(self, condition: Condition) -> int:
        """One stream for both conditions."""
        return condition_seed(self.seed, "both precisions")


def _asked(condition: Condition) -> tuple[object, ...]:
    model = condition.model
    return model.id, model.revision, condition.decoding, condition.system, condition.n


def groups_of(
    data: RunData, known: frozenset[Place], *, tokens: int = GROUP_TOKENS
) -> Iterator[list[int]]:
    """Rows of a run whose divergences are not known yet, in groups to be compared together.

    Args:
        data: its draws.
        known: places that need no more work.
        tokens: of a group at most, unless one answer alone has more.
    """
    group: list[int] = []
    size = 0
    for row, (key, sample) in enumerate(zip(data.keys, data.samples, strict=True)):
        length = len(sample.token_ids)
        if not length or (key, sample.index) in known:
            continue
        if group and size + length > tokens:
            yield group
            group, size = [], 0
        group.append(row)
        size += length
    if group:
        yield group


def compare_group(
    data: RunData, rows: Sequence[int], on_model: OnModel, *, read: Callable[[int], bool]
) -> dict[Place, TokenDivergence]:
    """Divergences of both precisions along these answers, with one of the models at a time.

    The second model's distributions are put aside in a file, then the first is held to them.

    Args:
        data: the run.
        rows: answers of either condition.
        on_model: runs work with a condition's model and returns when that is done.
        read: told how many tokens a model has read more; False stops.

    Returns:
        One per row; empty when stopped.

    Raises:
        ChoraleError: a model can't read the answers, or the disk is full.
    """
    first, second = data.run.conditions
    answers = [data.samples[row].token_ids for row in rows]
    messages = _messages(data, first)
    found: dict[Place, TokenDivergence] = {}

    with closing(Spool()) as spool:
        complete = []

        def put_aside(model: LanguageModel) -> None:
            complete.append(spool.write(model.distributions(messages, answers), wrote=read))

        def hold_against(model: LanguageModel) -> None:
            found.update(_compared(data, rows, model, messages, answers, spool, read))

        on_model(second, put_aside)
        if any(complete):
            on_model(first, hold_against)
    return found


def _compared(
    data: RunData,
    rows: Sequence[int],
    model: LanguageModel,
    messages: Sequence[Message],
    answers: Answers,
    spool: Spool,
    read: Callable[[int], bool],
) -> dict[Place, TokenDivergence]:
    from models.divergence import compare

    try:
        told = _told(model.distributions(messages, answers), read)
        both = compare(told, spool.read(), answers)
    except _Stopped:
        return {}
    found = {}
    for row, one in zip(rows, both, strict=True):
        own = data.keys[row] == data.run.conditions[0].key
        kl = one.kl if own else one.kl_reverse
        place = data.keys[row], data.samples[row].index
        found[place] = TokenDivergence(kl.astype(np.float32), one.js.astype(np.float32))
    return found


class _Stopped(Exception):
    """Somebody wants no more of it."""


def _told(
    stream: Iterator[tuple[int, int, np.ndarray]], read: Callable[[int], bool]
) -> Iterator[tuple[int, int, np.ndarray]]:
    for piece in stream:
        yield piece
        if not read(len(piece[2])):
            raise _Stopped


def _messages(data: RunData, condition: Condition) -> tuple[Message, ...]:
    system = (Message("system", condition.system),) if condition.system.strip() else ()
    return (*system, Message("user", data.run.prompt))
