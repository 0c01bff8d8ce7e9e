"""Wordings by which a model judges as one of a group: our own, and the town's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import yaml

from data.town import compose, load_town
from data.town.prompts import names_of

Mode = Literal["pairs", "scores"]

_FILE = Path(__file__).with_name("raters.yaml")
_OF_TOWN: Mapping[Mode, str] = {"pairs": "choice", "scores": "rating"}


@dataclass(frozen=True, slots=True)
class Wording:
    """How one group is asked for judgements.

    Attributes:
        frame: shows the question and one or two replies: {question}, {a} and {b}.
        personas: system prompts, each of which makes one rater.
        asks: ends of the prompt, in the first person.
    """

    frame: str
    personas: tuple[str, ...]
    asks: tuple[str, ...]


def example_groups() -> Mapping[str, str]:
    """Groups to begin with: name → what a member is."""
    return MappingProxyType(_read()["groups"])


def town_groups() -> Mapping[str, str]:
    """The town's groups: name → what a member is."""
    groups = load_town().groups.values()
    return MappingProxyType({group.id: names_of(group)["a_one"] for group in groups})


def wording(mode: Mode, who: str) -> Wording:
    """Our own wording for any model.

    Args:
        mode: what is judged.
        who: what a member of the group is, with its article.
    """
    told = _read()
    personas = tuple(each.replace("{who}", who) for each in told["personas"])
    return Wording(told[mode]["frame"], personas, tuple(told[mode]["asks"]))


def town_wording(mode: Mode, group: str) -> Wording:
    """The wording in which the bundled model learned to judge for one of the town's groups."""
    phrases, names = load_town().phrases, names_of(load_town().groups[group])
    personas = tuple(each.format(**names) for each in phrases["asks"]["group_asks"])
    told = phrases["judgements"][_OF_TOWN[mode]]
    return Wording(told["frame"], personas, tuple(told["own"]))


@cache
def _read() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load(_FILE.read_text("utf-8"))
    return read


def town_answers(topic: str, count: int, *, seed: int = 0) -> tuple[str, ...]:
    """One answer for each of the most popular ideas of a topic, in plain style.

    Args:
        topic: its id.
        count: of answers; fewer where the topic has fewer ideas.
        seed: draws the wordings.
    """
    rng = np.random.default_rng(seed)
    return tuple(compose(idea, rng) for idea in load_town().topics[topic].ideas[:count])
