"""Audits as paired prompts: sets of questions in which only whom they are about is exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import yaml

from data.adapters import checked, discrim_eval
from data.answer_checks import refuse
from data.errors import UploadError
from data.reading_tables import RawTable
from data.town.prompts import names_of
from data.town.town import Group, Idea, Topic, load_town

FOLDER = Path(__file__).parent / "examples" / "audits"
MAX_PROMPTS = 2000
TOWN = "the town"  # as whose own taste a decision is asked for
STATEMENT_COLUMNS = ("statement_id", "language", "statement", "opposite")
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
        side: what speaks for a question against its opposite, in words; empty without opposites.
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
    side: str = ""


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
    told = _statement_frames()
    sides = {
        (key, language): (each["open"][language], each["closed"][language])
        for key, each in told["statements"].items()
        for language in told["languages"]
    }
    return _statements(sides, about=told["about"], source=told["source"], side=told["side"])


def uploaded_statements(raw: RawTable) -> DecisionSet:
    """A file's statements in the place of our own, from each of our askers.

    As many as fit. A row of a statement in one language needs its opposite beside it; what isn't
    in English is compared with English.

    Args:
        raw: columns statement_id, language, statement and opposite.

    Raises:
        UploadError: a column is missing, a cell empty, a language unknown, a statement there twice
            in a language, or not in English.
    """
    frame, told = checked(raw, STATEMENT_COLUMNS), _statement_frames()
    known = list(told["languages"])
    unknown = ~frame["language"].isin(known)
    refuse(frame.loc[unknown, "_row"], "language", f"it must be one of {', '.join(known)}")
    twice = frame.duplicated(["statement_id", "language"])
    refuse(frame.loc[twice, "_row"], "language", "this statement is there in it already")
    english = frame.loc[frame["language"] == known[0], "statement_id"]
    missing = ~frame["statement_id"].isin(english)
    refuse(frame.loc[missing, "_row"], "statement_id", f"it has no row in {known[0]}")
    sizes = frame.groupby("statement_id", sort=False).size().cumsum() * len(told["askers"])
    kept = frame[frame["statement_id"].isin(sizes[sizes <= MAX_PROMPTS].index)]
    names = kept["statement_id"], kept["language"]
    sides = dict(
        zip(
            zip(*names, strict=True),
            zip(kept["statement"], kept["opposite"], strict=True),
            strict=True,
        )
    )
    return _statements(
        sides,
        about=f"{kept['statement_id'].nunique()} of {len(sizes)} uploaded statements",
        source="Uploaded statements, who asks and how in our own wording",
        side="what the statements say",
    )


@cache
def _statement_frames() -> Mapping[str, Any]:
    return cast(
        "Mapping[str, Any]", yaml.safe_load((FOLDER / "statements.yaml").read_text("utf-8"))
    )


def _statements(
    sides: Mapping[tuple[str, str], tuple[str, str]], *, about: str, source: str, side: str
) -> DecisionSet:
    """Statements by name and language, each with its opposite, from every asker."""
    told = _statement_frames()
    rows = [(*place, asker) for place in sides for asker in told["askers"]]

    def asked(which: int) -> tuple[str, ...]:
        return tuple(
            told["languages"][language].format(
                asker=told["askers"][asker][language], statement=sides[key, language][which]
            )
            for key, language, asker in rows
        )

    attributes = {
        "language": tuple(row[1] for row in rows),
        "asked by": tuple(row[2] for row in rows),
    }
    baselines = {
        name: next(iter(told[of]))
        for name, of in (("language", "languages"), ("asked by", "askers"))
    }
    told_apart = [name for name in attributes if len(set(attributes[name])) > 1]
    return DecisionSet(
        about=about,
        source=source,
        prompts=asked(0),
        scenarios=tuple(key for key, *_ in rows),
        attributes={name: attributes[name] for name in told_apart},
        baselines={name: baselines[name] for name in told_apart},
        numeric=(),
        yes=tuple(told["agree"]),
        no=tuple(told["disagree"]),
        turned=asked(1),
        neutral=tuple(told["neutral"]),
        side=side,
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
