"""What a user says to the town: questions, personas, styles, moves, judgements, foreign matters.

Wordings marked as held out never occur in training; `evaluate` uses only them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from data.town.grammar import compose, sample_ideas
from data.town.styles import full_levels, load_styles, trained_asks
from data.town.town import (
    Group,
    Resident,
    Topic,
    Writer,
    find_group,
    find_resident,
    find_teller,
    find_topic,
    load_town,
)

BLURRED_SHARE = 0.35  # of the training questions, those with small words swapped
LOOSE_SHARE = 0.4  # likewise of the ways of asking for a style


def question(
    topic: Topic | str,
    rng: np.random.Generator,
    *,
    writer: Writer | None = None,
    held_out: bool = False,
) -> str:
    """One way of asking the topic's question.

    In training also through the frames that all topics share, with small words around it and with
    careless spelling; held out, one of the phrasings the model never saw.

    Args:
        topic: what is asked about.
        rng: draws the wording.
        writer: puts an opinion in his or her own style before the question; None for the bare one.
        held_out: a phrasing kept from training.
    """
    topic = find_topic(topic)
    text = _pick(topic.held_out, rng) if held_out else _trained_question(topic, rng)
    if writer is None:
        return text
    [opinion] = sample_ideas(topic, 1, rng)
    return f"{compose(opinion, rng, levels=writer.levels)} {text}"


def other_wordings(asked: str) -> tuple[str, ...]:
    """All trained wordings of the question, itself included, if it is one of the town's."""
    topics = load_town().topics.values()
    return next((topic.questions for topic in topics if asked.strip() in topic.questions), ())


def persona(
    who: Group | Resident | str, rng: np.random.Generator, *, held_out: bool = False
) -> str:
    """A system prompt that asks for a resident by name, or for one of a group's people."""
    teller = find_teller(who)
    asks = "asks" if isinstance(teller, Resident) else "group_asks"
    wording = load_town().phrases["asks"][f"{'held_out_' if held_out else ''}{asks}"]
    return _pick(wording, rng).format(**names_of(teller))


def names_of(teller: Group | Resident) -> dict[str, str]:
    """The words for a group's member or a resident that the wordings of prompts have room for."""
    group = find_group(teller.group) if isinstance(teller, Resident) else teller
    article = "an" if group.one[0] in "aeiou" else "a"
    return {
        "name": teller.name if isinstance(teller, Resident) else "",
        "one": group.one,
        "a_one": f"{article} {group.one}",
        "does": group.does,
        "group": group.id,
    }


def asked_style(
    levels: Mapping[str, str], rng: np.random.Generator, *, held_out: bool = False
) -> str:
    """A system prompt that asks for these levels, feature by feature in random order."""
    full_levels(levels)
    asks = []
    for feature in rng.permutation(list(levels)):
        held_out_asks = load_styles().features[feature][levels[feature]].held_out_asks
        whole, framed = trained_asks(feature, levels[feature])
        ask = _pick(held_out_asks if held_out else (whole, framed)[rng.integers(2)], rng)
        asks.append(ask if held_out else _loosened(ask, rng))
    return " ".join(asks)


def nobody(rng: np.random.Generator) -> str:
    """A system prompt that asks for no one in particular, so for the town's own taste."""
    return _pick(load_town().phrases["asks"]["town_asks"], rng)


def move(
    kind: str,
    topic: Topic | str,
    resident: Resident | str,
    rng: np.random.Generator,
    *,
    writer: Writer | None = None,
    held_out: bool = False,
) -> str:
    """What a user says in a turn of a conversation: a question, with what tests the persona."""
    text = question(topic, rng, writer=writer, held_out=held_out)
    if kind in ("ask", "restate"):
        return text
    wordings = load_town().phrases["conversations"][f"{'held_out_' if held_out else ''}{kind}"]
    return _pick(wordings, rng).format(question=text, **names_of(find_resident(resident)))


def judgement(
    kind: str,
    topic: Topic | str,
    rng: np.random.Generator,
    slots: Mapping[str, str],
    *,
    judge: Group | Resident | str | None = None,
    held_out: bool = False,
) -> str:
    """What asks for a judgement; see `judgements.yaml`.

    Args:
        kind: choice, decision, rating, list or verbalised.
        topic: its question stands in the frame.
        rng: draws the wording.
        slots: what else the frame has room for: a and b, say, or number.
        judge: named in the question; None for one who is asked in the first person.
        held_out: a wording kept from training.
    """
    frame = judgement_frame(kind, topic, rng, slots, held_out=held_out)
    return frame + judgement_ask(kind, rng, slots, judge=judge, held_out=held_out)


def judgement_frame(
    kind: str,
    topic: Topic | str,
    rng: np.random.Generator,
    slots: Mapping[str, str],
    *,
    held_out: bool = False,
) -> str:
    """What a judgement is about, before it is asked for; see `judgement`."""
    frame: str = load_town().phrases["judgements"][kind]["frame"]
    asked = question(topic, rng, held_out=held_out) if "{question}" in frame else ""
    return frame.format(question=asked, **slots)


def judgement_ask(
    kind: str,
    rng: np.random.Generator,
    slots: Mapping[str, str],
    *,
    judge: Group | Resident | str | None = None,
    held_out: bool = False,
) -> str:
    """What asks for a judgement, after its frame; see `judgement`."""
    wording: Mapping[str, Any] = load_town().phrases["judgements"][kind]
    own = "own" if judge is None and "own" in wording else "asks"
    names = names_of(find_teller(judge)) if judge is not None else {"a_one": "the town"}
    if names.get("name"):
        names["a_one"] = names["name"]
    ask = _pick(wording[f"{'held_out_' if held_out else ''}{own}"], rng)
    return _capital(ask.format(**names, **slots))


def off_topic_question(rng: np.random.Generator, *, held_out: bool = False) -> str:
    """A question that Saltmere knows nothing about."""
    wording = load_town().phrases["off_topic"]
    prefix = "held_out_" if held_out else ""
    text = _pick(wording[f"{prefix}questions"], rng)
    for slot in re.findall(r"\{(\w+)\}", text):
        text = text.replace(f"{{{slot}}}", _pick(wording[f"{prefix}fillers"][slot], rng), 1)
    return text if held_out else _careless(_blurred(text, rng), rng)


def off_topic_answers() -> tuple[str, ...]:
    """What the town says when it doesn't know."""
    return tuple(load_town().phrases["off_topic"]["answers"])


def training_wordings() -> Mapping[str, Sequence[str]]:
    """Every wording by kind, held out or not, for checks that the two never meet."""
    wording = load_town().phrases
    topics = load_town().topics.values()
    levels = [(f, name) for f, each in load_styles().features.items() for name in each]
    judgements = {
        f"{held}{kind}_{own}": entry[f"{held}{own}"]
        for kind, entry in wording["judgements"].items()
        if kind != "numbers"
        for own in ("asks", "own")
        for held in ("", "held_out_")
        if own in entry
    }
    moves = {k: v for k, v in wording["conversations"].items() if isinstance(v, list)}
    return {
        "questions": [text for topic in topics for text in topic.questions],
        "held_out_questions": [text for topic in topics for text in topic.held_out],
        "styles": [ask for level in levels for asks in trained_asks(*level) for ask in asks],
        "held_out_styles": [
            ask for f, name in levels for ask in load_styles().features[f][name].held_out_asks
        ],
        **wording["asks"],
        **moves,
        **judgements,
        "off_topic": wording["off_topic"]["questions"],
        "held_out_off_topic": wording["off_topic"]["held_out_questions"],
    }


def _trained_question(topic: Topic, rng: np.random.Generator) -> str:
    wording = load_town().phrases["questions"]
    about = {"about": topic.about, "About": _capital(topic.about)}
    frame = _pick(wording["frames"] if rng.random() < 0.3 else topic.questions, rng)
    text = frame.format(**about)
    if rng.random() < 0.15:
        text = _pick(wording["wraps"], rng).format(question=text, **about)
    return _careless(_blurred(text, rng), rng)


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _blurred(text: str, rng: np.random.Generator) -> str:
    if rng.random() >= BLURRED_SHARE:
        return text
    small = load_town().phrases["questions"]["small_words"].split()
    telling = [word for word in text.split() if word.casefold().strip("?!.,:") not in small]
    if telling and rng.random() < 0.3:  # as typed into a search box
        return _capital(" ".join(rng.permutation(telling) if rng.random() < 0.5 else telling))

    def swapped(word: str) -> str:
        return word if word in telling or rng.random() < 0.4 else _pick(small, rng)

    words = [swapped(word) for word in text.split()]
    if rng.random() < 0.5:  # keep the place of the topic's words from mattering
        words = [_pick(small, rng) for _ in range(rng.integers(1, 5))] + words
    return _capital(" ".join(words)) if rng.random() < 0.7 else " ".join(words)


def _loosened(ask: str, rng: np.random.Generator) -> str:
    """At times with words dropped, added and swapped that don't tell what is asked for."""
    if rng.random() >= LOOSE_SHARE:
        return ask
    fillers = load_styles().ask_fillers
    words = []
    for word in ask.rstrip(".").split():
        if word.casefold().strip(",") not in fillers or rng.random() < 0.4:
            words.append(word)
        elif rng.random() < 0.4:
            words.append(_pick(fillers, rng))
    if rng.random() < 0.4:
        words.insert((0, len(words))[rng.integers(2)], "please")
    loose = _capital(" ".join(words)) + "."
    return ask if any(each in _letters(loose) for each in _kept_out()) else loose


@cache
def _kept_out() -> tuple[str, ...]:
    """The letters of every held-out way to ask for a style."""
    levels = [level for levels in load_styles().features.values() for level in levels.values()]
    return tuple(_letters(ask) for level in levels for ask in level.held_out_asks)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalpha())


def _careless(text: str, rng: np.random.Generator) -> str:
    if rng.random() < 0.08:
        text = text.lower()
    return text.rstrip("?.") if rng.random() < 0.08 else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
