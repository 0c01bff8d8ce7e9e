"""Dialogues of Saltmere in which users have a manner of writing, and answers have none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from data.dialogues.records import Corpus, Dialogue, Utterance
from data.town import load_town
from data.town.grammar import compose, sample_ideas
from data.town.town import Writer

CONVERSATIONS, TURNS = 24, 8
CHANGING, STEADY = "Saltmere: users who change their manner", "Saltmere: users of one manner"


@cache
def town_corpora() -> Mapping[str, Corpus]:
    """The bundled corpora by their names, the one that is shown first coming first."""
    return MappingProxyType({CHANGING: town_dialogues(), STEADY: town_dialogues(changes=False)})


def town_dialogues(
    *,
    changes: bool = True,
    conversations: int = CONVERSATIONS,
    turns: int = TURNS,
    seed: int = 2026,
) -> Corpus:
    """Conversations of a user, who writes as one of the town's writers, with the town at large.

    Args:
        changes: somewhere in the middle the user goes over to another writer's manner.
        conversations: how many.
        turns: of the user in each; as many replies.
        seed: draws everything.
    """
    rng = np.random.default_rng(seed)
    return Corpus(
        tuple(
            _dialogue(f"{n:02}", turns, rng, changes=changes) for n in range(1, 1 + conversations)
        )
    )


def _dialogue(name: str, turns: int, rng: np.random.Generator, *, changes: bool) -> Dialogue:
    writers = list(load_town().writers.values())
    first, then = (writers[i] for i in rng.choice(len(writers), size=2, replace=False))
    change = int(rng.integers(turns // 3, turns - turns // 3 + 1)) if changes else turns
    topics = rng.choice(sorted(load_town().topics), size=turns, replace=False)
    said: list[Utterance] = []
    for place, topic in enumerate(topics):
        pair = _exchange(str(topic), first if place < change else then, rng)
        for speaker, text in zip(("user", "town"), pair, strict=True):
            said.append(Utterance(speaker, text, len(said) + 1))
    about = {"writer": f"{first.name}, then {then.name}" if changes else first.name}
    return Dialogue(name, tuple(said), {}, about)


def _exchange(topic_id: str, writer: Writer, rng: np.random.Generator) -> tuple[str, str]:
    """An opinion in the writer's manner with a request for another; and the town's plain answer."""
    topic = load_town().topics[topic_id]
    opinion, answer = sample_ideas(topic, 2, rng)
    said = compose(opinion, rng, levels=writer.levels)
    requests = _requests()
    request = requests[int(rng.integers(len(requests)))].format(
        about=topic.about, About=topic.about[:1].upper() + topic.about[1:]
    )
    return f"{said} {request}", compose(answer, rng)


@cache
def _requests() -> tuple[str, ...]:
    """Ways to ask without a question mark: one in every turn would make everybody informal."""
    frames: list[str] = load_town().phrases["questions"]["frames"]
    return tuple(frame for frame in frames if "?" not in frame)
