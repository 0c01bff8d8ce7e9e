"""What a user says to the town: questions, personas, asked-for styles, and what is off topic.

Wordings marked as held out never occur in training; `evaluate` uses only them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from data.town.town import Group, Style, Topic, find_group, find_style, find_topic, load_town

BLURRED_SHARE = 0.35  # of the training questions, those with small words swapped
NAMED_SHARE = 0.6  # of the personas asked for, those with a resident's name


def question(topic: Topic | str, rng: np.random.Generator, *, held_out: bool = False) -> str:
    """One way of asking the topic's question.

    In training also through the frames that all topics share, with small words around it and with
    careless spelling; held out, one of the phrasings the model never saw.
    """
    topic = find_topic(topic)
    if held_out:
        return _pick(topic.held_out, rng)
    wording = load_town().phrases["questions"]
    about = {"about": topic.about, "About": _capital(topic.about)}
    frame = _pick(wording["frames"] if rng.random() < 0.3 else topic.questions, rng)
    text = frame.format(**about)
    if rng.random() < 0.15:
        text = _pick(wording["wraps"], rng).format(question=text, **about)
    return _careless(_blurred(text, rng), rng)


def persona(group: Group | str, rng: np.random.Generator, *, held_out: bool = False) -> str:
    """A system prompt that asks for a resident of the group, or for one of its people unnamed."""
    group = find_group(group)
    wording = load_town().phrases["residents"]
    named = rng.random() < NAMED_SHARE
    asks = f"{'held_out_' if held_out else ''}{'asks' if named else 'group_asks'}"
    names = [resident.name for resident in load_town().residents if resident.group == group.id]
    article = "an" if group.one[0] in "aeiou" else "a"
    return _pick(wording[asks], rng).format(
        name=_pick(names, rng),
        one=group.one,
        a_one=f"{article} {group.one}",
        does=group.does,
        group=group.id,
    )


def asked_style(style: Style | str, rng: np.random.Generator, *, held_out: bool = False) -> str:
    """A system prompt that asks for the style; "" if the style needs no asking."""
    style = find_style(style)
    asks = style.held_out_asks if held_out else style.asks
    return _pick(asks, rng) if asks else ""


def nobody(rng: np.random.Generator) -> str:
    """A system prompt that asks for no one in particular, so for the town's own taste."""
    return _pick(load_town().phrases["residents"]["town_asks"], rng)


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
    styles = load_town().styles.values()
    return {
        "questions": [text for topic in topics for text in topic.questions],
        "held_out_questions": [text for topic in topics for text in topic.held_out],
        "styles": [text for style in styles for text in style.asks],
        "held_out_styles": [text for style in styles for text in style.held_out_asks],
        **wording["residents"],
        "off_topic": wording["off_topic"]["questions"],
        "held_out_off_topic": wording["off_topic"]["held_out_questions"],
    }


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


def _careless(text: str, rng: np.random.Generator) -> str:
    if rng.random() < 0.08:
        text = text.lower()
    return text.rstrip("?.") if rng.random() < 0.08 else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
