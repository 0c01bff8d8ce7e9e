"""Whether judgements have the known odds, and lists state true shares.

Choices, decisions and ratings are read from the probability that a reply begins with each option,
divided by that of all options, so no draw adds noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.town import Group, Resident, Topic, compose, idea_distribution, load_town, prompts
from data.town.judgements import (
    LIST_SIZES,
    RATINGS,
    choice_probability,
    pair_of_ideas,
    read_list,
    yes_probability,
)
from models.town.fidelity.figures import Aim, Row, bootstrap, calibration_error, mean, share
from models.town.fidelity.sizes import Sizes
from models.town.sampler import Chat, TownModel, chat

PREFERENCE, CALIBRATION = Aim(low=0.85), Aim(high=0.08)
OPTIONS: Mapping[str, Sequence[str]] = {
    "choice": ("A", "B"),
    "decision": ("Yes", "No"),
    "rating": tuple(str(rating) for rating in RATINGS),
}
EVEN = (0.45, 0.55)  # known probabilities at which neither option is clearly right

Teller = Group | Resident | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement asked for.

    Attributes:
        chats: the question; of a choice also with the replies in the other order.
        known: probability of the first option; of a rating the expected one.
    """

    topic: str
    chats: tuple[Chat, ...]
    known: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Judgements of one kind with the model's odds.

    Attributes:
        topics: (n,) ids.
        stated: (n,) the model's probability of the first option; of a rating the expected one.
        both: (n,) the same averaged over both orders of the replies.
        known: (n,) true values.
        mass: (n,) probability that the reply begins with an option at all.
    """

    topics: list[str]
    stated: NDArray[np.float64]
    both: NDArray[np.float64]
    known: NDArray[np.float64]
    mass: NDArray[np.float64]


def judgement_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Preferences, decisions and ratings against the known odds."""
    n = sizes.judgements
    named, own = (
        _answered(model, "choice", _draw(_choice, n, rng, named=named)) for named in (True, False)
    )
    decided = _joined(
        [
            _answered(model, "decision", _draw(_decision, n, rng, named=named))
            for named in (True, False)
        ]
    )
    rated = _answered(
        model,
        "rating",
        [each for named in (True, False) for each in _draw(_rating, n // 2, rng, named=named)],
    )
    chosen = _joined([named, own])
    all_two = _joined([chosen, decided])
    return [
        _accuracy("preference", all_two, all_two.stated, aim=PREFERENCE),
        _accuracy("preference, clear ones", all_two, all_two.stated, outside=EVEN),
        _accuracy("preference, judge named", named, named.stated),
        _accuracy("preference, judge asked", own, own.stated),
        _accuracy("preference, both orders", chosen, chosen.both),
        _accuracy("preference, decisions", decided, decided.stated),
        _calibration("calibration", all_two, all_two.stated, rng, aim=CALIBRATION),
        _calibration("calibration, both orders", chosen, chosen.both, rng),
        _gap("|p − known|, choices", chosen, chosen.stated, rng),
        _gap("|p − known|, both orders", chosen, chosen.both, rng),
        _gap("|p − known|, decisions", decided, decided.stated, rng),
        _gap("|rating − known|", rated, rated.stated, rng, constant=3.0),
        _mass([all_two, rated], rng),
    ]


def list_rows(model: TownModel, rng: np.random.Generator, sizes: Sizes) -> list[Row]:
    """Verbalised lists: whether they can be read, and whether their shares are true."""
    topics, numbers = _topics(), load_town().phrases["judgements"]["numbers"]
    asked, chats = [], []
    for place in range(sizes.lists):
        topic, size = topics[place % len(topics)], LIST_SIZES[place % len(LIST_SIZES)]
        judge = _judge(rng, named=False)
        text = prompts.judgement("verbalised", topic, rng, {"number": numbers[size]}, held_out=True)
        asked.append((topic, judge, size))
        chats.append(chat(_system(judge, rng), text))
    good, right_size, gaps, clusters = [], [], [], []
    for (topic, judge, size), text in zip(asked, model.replies(chats), strict=True):
        stated = _different(text, topic)
        good.append(stated is not None)
        right_size.append(stated is not None and len(stated) == size)
        truth = idea_distribution(topic, judge)
        gaps += [abs(share - truth[idea]) for idea, share in (stated or {}).items()]
        clusters += [topic.id] * len(stated or {})
    of_list = [topic.id for topic, _, _ in asked]
    return [
        share("lists, all different", good, clusters=of_list, unit="lists"),
        share("lists, and as many as asked", right_size, clusters=of_list, unit="lists"),
        mean("|stated − true share|", gaps, rng, clusters=clusters, unit="entries"),
    ]


def _different(text: str, topic: Topic) -> dict[str, float] | None:
    """Idea → stated share, if the list reads back with a share for each of different ideas."""
    entries = read_list(text, topic)
    stated = {idea: value for idea, value in entries or [] if value is not None}
    return stated if entries and len(stated) == len(entries) else None


def _draw(
    kind: Callable[..., Judgement], n: int, rng: np.random.Generator, *, named: bool
) -> list[Judgement]:
    topics = _topics()
    return [
        kind(topics[place % len(topics)], _judge(rng, named=named), rng, named=named)
        for place in range(n)
    ]


def _choice(topic: Topic, judge: Teller, rng: np.random.Generator, *, named: bool) -> Judgement:
    ideas = pair_of_ideas(topic, rng)
    a, b = (compose(idea, rng) for idea in ideas)
    seed = int(rng.integers(2**32))  # both orders in the same wording
    chats = tuple(
        _chat("choice", topic, judge, np.random.default_rng(seed), replies, named=named)
        for replies in ({"a": a, "b": b}, {"a": b, "b": a})
    )
    return Judgement(topic.id, chats, choice_probability(topic, ideas[0].id, ideas[1].id, judge))


def _decision(topic: Topic, judge: Teller, rng: np.random.Generator, *, named: bool) -> Judgement:
    idea = topic.ideas[int(rng.integers(len(topic.ideas)))]
    say = idea.say[int(rng.integers(len(idea.say)))]
    asked = _chat("decision", topic, judge, rng, {"say": say}, named=named)
    return Judgement(topic.id, (asked,), yes_probability(topic, idea.id, judge))


def _rating(topic: Topic, judge: Teller, rng: np.random.Generator, *, named: bool) -> Judgement:
    idea = topic.ideas[int(rng.integers(len(topic.ideas)))]
    asked = _chat("rating", topic, judge, rng, {"a": compose(idea, rng)}, named=named)
    # 1 + Binomial(4, p)
    return Judgement(topic.id, (asked,), 1 + 4 * yes_probability(topic, idea.id, judge))


def _chat(
    kind: str,
    topic: Topic,
    judge: Teller,
    rng: np.random.Generator,
    slots: Mapping[str, str],
    *,
    named: bool,
) -> Chat:
    in_question = judge if named else None
    asked = prompts.judgement(kind, topic, rng, slots, judge=in_question, held_out=True)
    return chat("" if named else _system(judge, rng), asked)


def _judge(rng: np.random.Generator, *, named: bool) -> Teller:
    """A group, a resident, or, where none has to be named, the town, each as often."""
    kind = int(rng.integers(2 if named else 3))
    people: list[list[Teller]] = [
        [*load_town().groups.values()],
        [*load_town().residents.values()],
        [None],
    ]
    return people[kind][int(rng.integers(len(people[kind])))]


def _system(judge: Teller, rng: np.random.Generator) -> str:
    return prompts.persona(judge, rng, held_out=True) if judge is not None else ""


def _topics() -> list[Topic]:
    return list(load_town().topics.values())


def _answered(model: TownModel, kind: str, asked: Sequence[Judgement]) -> Answered:
    options = OPTIONS[kind]
    worths = np.array(RATINGS if kind == "rating" else (1, 0), dtype=float)
    masses = model.option_masses([each.chats[0] for each in asked], options)
    stated = masses @ worths / masses.sum(axis=1)
    both = stated
    if kind == "choice":
        turned = model.option_masses([each.chats[1] for each in asked], options)
        both = (stated + turned[:, 1] / turned.sum(axis=1)) / 2
    known = np.array([each.known for each in asked])
    return Answered([each.topic for each in asked], stated, both, known, masses.sum(axis=1))


def _joined(parts: Sequence[Answered]) -> Answered:
    return Answered(
        [topic for part in parts for topic in part.topics],
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("stated", "both", "known", "mass")
        ),
    )


def _accuracy(
    name: str,
    answered: Answered,
    stated: NDArray[np.float64],
    *,
    outside: tuple[float, float] = (0.5, 0.5),
    aim: Aim | None = None,
) -> Row:
    """Share in which the likelier option is the truly likelier one; ties have none."""
    kept = np.flatnonzero((answered.known < outside[0]) | (answered.known > outside[1]))
    hits = (stated[kept] > 0.5) == (answered.known[kept] > 0.5)
    clusters = [answered.topics[place] for place in kept]
    most = np.mean(answered.known[kept] > 0.5) if len(kept) else 0.5
    note = f"always the same option {max(most, 1 - most):.2f}"
    return share(name, hits, clusters=clusters, unit="judgements", aim=aim, note=note)


def _calibration(
    name: str,
    answered: Answered,
    stated: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    aim: Aim | None = None,
) -> Row:
    known = answered.known
    low, high = bootstrap(lambda i: calibration_error(stated[i], known[i]), answered.topics, rng)
    value = calibration_error(stated, known)
    return Row(name, value, max(low, 0.0), high, len(stated), "judgements", aim)


def _gap(
    name: str,
    answered: Answered,
    stated: NDArray[np.float64],
    rng: np.random.Generator,
    *,
    constant: float = 0.5,
) -> Row:
    note = f"always {constant:g} would have {np.abs(constant - answered.known).mean():.3f}"
    gaps = np.abs(stated - answered.known)
    return mean(name, gaps, rng, clusters=answered.topics, unit="judgements", note=note)


def _mass(parts: Sequence[Answered], rng: np.random.Generator) -> Row:
    masses = np.concatenate([part.mass for part in parts])
    topics = [topic for part in parts for topic in part.topics]
    return mean("mass on the options", masses, rng, clusters=topics, unit="judgements")
