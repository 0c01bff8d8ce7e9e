"""Audits as paired prompts: sets of questions in which only whom they are about is exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import yaml

from data.adapters import discrim_eval
from data.errors import UploadError
from data.reading_tables import RawTable
from data.town.prompts import names_of
from data.town.town import Group, Idea, Topic, load_town

FOLDER = Path(__file__).parent / "examples" / "audits"
MAX_PROMPTS = 2000
TOWN = "the town"  # as whose own taste a decision is asked for
_NAMES = MappingProxyType({"age": "60", "gender": "male", "race": "white"})  # discrim-eval's


@dataclass(frozen=True, slots=True)
class DecisionSet:
    """Yes-or-no questions, row by row, with whom each is about.

    Attributes:
        about: what the set is.
        source: whose wording it is.
        prompts: (m,) the questions, ready to ask.
        scenarios: (m,) which question each is, whoever it is about.
        attributes: name → (m,) value in each row.
        baselines: name → the value with which others are compared.
        numeric: names of attributes that are numbers.
        yes: beginnings of a reply that says yes.
        no: likewise no.
        mitigations: name → what may be added to every prompt.
        known: (m,) true log-odds of yes, where somebody knows them; else empty.
        turned: (m,) the opposite of each question, so that no is a vote for it; else empty.
        neutral: beginnings of a reply that takes no side.
    """

    about: str
    source: str
    prompts: tuple[str, ...]
    scenarios: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    baselines: Mapping[str, str]
    numeric: tuple[str, ...]
    yes: tuple[str, ...]
    no: tuple[str, ...]
    mitigations: Mapping[str, str] = field(default_factory=dict)
    known: tuple[float, ...] = ()
    turned: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()


@cache
def own_decisions() -> DecisionSet:
    """The decisions that come with the app, every person crossed with every scenario."""
    told: Mapping[str, Any] = yaml.safe_load((FOLDER / "decisions.yaml").read_text("utf-8"))
    names = list(told["attributes"])
    people = [dict(zip(names, each, strict=True)) for each in product(*told["attributes"].values())]
    rows = [(key, text, person) for key, text in told["scenarios"].items() for person in people]
    return DecisionSet(
        about=told["about"],
        source=told["source"],
        prompts=tuple(f"{_about(text, told['person'], p)} {told['ask']}" for _, text, p in rows),
        scenarios=tuple(key for key, *_ in rows),
        attributes={name: tuple(person[name] for *_, person in rows) for name in names},
        baselines=told["baseline"],
        numeric=tuple(told["numeric"]),
        yes=tuple(told["says_yes"]),
        no=tuple(told["says_no"]),
        mitigations=told["mitigations"],
    )


def _about(text: str, phrase: str, person: Mapping[str, str]) -> str:
    """A scenario about somebody; "an 18-year-old" would want its article, so ages avoid it."""
    return text.replace("{person}", phrase.format(**person))


@cache
def own_statements() -> DecisionSet:
    """Statements with their opposites, in every language and from every asker."""
    told: Mapping[str, Any] = yaml.safe_load((FOLDER / "statements.yaml").read_text("utf-8"))
    rows = list(product(told["statements"], told["languages"], told["askers"]))

    def asked(side: str) -> tuple[str, ...]:
        return tuple(
            told["languages"][language].format(
                asker=told["askers"][asker][language],
                statement=told["statements"][key][side][language],
            )
            for key, language, asker in rows
        )

    return DecisionSet(
        about=told["about"],
        source=told["source"],
        prompts=asked("open"),
        scenarios=tuple(key for key, *_ in rows),
        attributes={
            "language": tuple(language for _, language, _ in rows),
            "asked by": tuple(asker for *_, asker in rows),
        },
        baselines={
            "language": next(iter(told["languages"])),
            "asked by": next(iter(told["askers"])),
        },
        numeric=(),
        yes=tuple(told["agree"]),
        no=tuple(told["disagree"]),
        turned=asked("closed"),
        neutral=tuple(told["neutral"]),
    )


def town_decisions(count: int = 40, *, seed: int = 0) -> DecisionSet:
    """What the council should do, asked for the town and for each of its groups.

    The bundled model learned these decisions, and the town's rules give their odds.

    Args:
        count: of ideas, each from a topic of its own as far as these reach.
        seed: draws ideas and wordings.
    """
    rng = np.random.default_rng(seed)
    wordings = load_town().phrases["judgements"]["decision"]["asks"]
    rows = [
        (topic, idea, wordings[int(rng.integers(len(wordings)))])
        for topic, idea in town_ideas(count, rng)
    ]
    judges: list[Group | None] = [None, *load_town().groups.values()]
    asked = [(topic, idea, ask, judge) for topic, idea, ask in rows for judge in judges]
    return DecisionSet(
        about="What the council of Saltmere should do, asked for each of its groups",
        source="The town's own, with known odds",
        prompts=tuple(_decision(ask, idea, judge) for _, idea, ask, judge in asked),
        scenarios=tuple(f"{topic.id}: {idea.say[0]}" for topic, idea, *_ in asked),
        attributes={"asked for": tuple(j.id if j else TOWN for *_, j in asked)},
        baselines={"asked for": TOWN},
        numeric=(),
        yes=("Yes",),
        no=("No",),
        known=tuple(_known(topic, idea, judge) for topic, idea, _, judge in asked),
    )


def town_ideas(count: int, rng: np.random.Generator) -> list[tuple[Topic, Idea]]:
    """Ideas with their topics, none of them twice, and topics as different as they can be.

    Args:
        count: of ideas.
        rng: draws them.
    """
    topics = list(load_town().topics.values())
    chosen = [topics[i % len(topics)] for i in rng.permutation(max(count, len(topics)))[:count]]
    found: dict[tuple[str, str], tuple[Topic, Idea]] = {}
    for topic in chosen:
        left = [idea for idea in topic.ideas if (topic.id, idea.id) not in found]
        idea = left[int(rng.integers(len(left)))]
        found[topic.id, idea.id] = topic, idea
    return list(found.values())


def _decision(ask: str, idea: Idea, judge: Group | None) -> str:
    one = names_of(judge)["a_one"] if judge is not None else TOWN
    text = ask.format(say=idea.say[0], a_one=one)
    return text[:1].upper() + text[1:]


def _known(topic: Topic, idea: Idea, judge: Group | None) -> float:
    from data.town.judgements import yes_probability

    p = yes_probability(topic, idea.id, judge)
    return float(np.log(p) - np.log1p(-p))


def uploaded_decisions(raw: RawTable) -> DecisionSet:
    """Anthropic's discrim-eval, or a file of its form; whole scenarios, as many as fit.

    Raises:
        UploadError: see `data.adapters.discrim_eval`; or there is nobody to compare with.
    """
    frame = discrim_eval(raw).astype({"age": int})
    sizes = frame.groupby("scenario", sort=False).size().cumsum()
    kept = frame[frame["scenario"].isin(sizes[sizes <= MAX_PROMPTS].index)]
    if kept.empty:
        raise UploadError(f"One scenario alone has more than {MAX_PROMPTS:,} prompts.")
    values = {name: tuple(kept[name].astype(str)) for name in _NAMES}
    baselines = {
        name: base if base in values[name] else max(set(values[name]), key=values[name].count)
        for name, base in _NAMES.items()
        if len(set(values[name])) > 1
    }
    if not baselines:
        raise UploadError("All prompts are about the same kind of person.")
    own = own_decisions()
    return DecisionSet(
        about=f"{kept['scenario'].nunique()} of {frame['scenario'].nunique()} uploaded scenarios",
        source="Uploaded, in the form of discrim-eval (Tamkin et al. 2023, CC BY 4.0)",
        prompts=tuple(f"{text.rstrip()} Answer with yes or no only." for text in kept["prompt"]),
        scenarios=tuple(kept["scenario"].astype(str)),
        attributes={name: values[name] for name in baselines},
        baselines=baselines,
        numeric=("age",) if "age" in baselines else (),
        yes=own.yes,
        no=own.no,
        mitigations=own.mitigations,
    )
