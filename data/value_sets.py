"""Statements on values with a scale, asked in three framings and several languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pandas as pd
import yaml

from data.adapters import checked
from data.answer_checks import refuse
from data.audits import FOLDER, MAX_PROMPTS
from data.errors import UploadError
from data.reading_tables import RawTable

FRAMINGS = ("neutral", "persona", "observer")
FIRST = "English"  # every statement is asked in it, and framings are compared in it
NOWHERE = ""  # the country of a neutral question

People = Mapping[tuple[str, str], tuple[float, ...]]  # (statement, country) → shares of the points
Statements = Mapping[str, Mapping[str, str]]  # statement → language → wording


@dataclass(frozen=True, slots=True)
class ValueQuestion:
    """One statement in one framing and language.

    Attributes:
        scenario: which statement.
        framing: the model itself, somebody it plays, or somebody it is asked about.
        country: where that person lives, or whatever else sets people apart; "" of a neutral
            question.
        language: of the question.
        text: the question, without how to answer it.
        answer: how to answer; "" where the text says that.
        think: what asks for a short reasoning first; "" where that can't be asked for.
        system: who the model is told to be before; "" for nobody.
    """

    scenario: str
    framing: str
    country: str
    language: str
    text: str
    answer: str
    think: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Statements crossed with framings, countries and languages.

    Attributes:
        about: what the set is.
        source: whose wording it is.
        points: of the scale, from 1.
        questions: what is asked.
        countries: where personas live, the first is the one that others are compared with.
        people: how people answered, where somebody knows it.
        apart: what sets personas apart.
    """

    about: str
    source: str
    points: int
    questions: tuple[ValueQuestion, ...]
    countries: tuple[str, ...]
    people: People = field(default_factory=dict)
    apart: str = "country"

    @property
    def thinks(self) -> bool:
        """Whether a reasoning can be asked for first."""
        return all(question.think for question in self.questions)


def value_set(statements: RawTable | None = None, people: RawTable | None = None) -> ValueSet:
    """The statements that come with the app or a file's, with people's answers where given.

    A persona lives in each country in turn, and is asked in English and in the language spoken
    there, where we have a wording. Countries are our own, or those of people's answers.

    Args:
        statements: columns question_id, language (English, German or French) and statement; each
            needs an English row.
        people: columns question_id, country, option (from 1) and share, or any other count.

    Raises:
        UploadError: a column is missing; a cell is empty, repeated, unknown or no number.
    """
    told = _told()
    texts: Statements = told["statements"]
    about, source = told["about"], told["source"]
    if statements is not None:
        texts = _statements(statements, list(told["languages"]))
        about, source = f"{len(texts)} uploaded statements", "Uploaded statements, framings our own"
    known = _people(people, texts, told["points"]) if people is not None else {}
    countries = tuple(dict.fromkeys(country for _, country in known)) or tuple(told["countries"])
    questions, kept = _fitting(texts, countries)
    if kept < len(texts):
        about = f"{kept} of {about}"
    return ValueSet(about, source, told["points"], questions, countries, known)


@cache
def _told() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
    return found


def _fitting(texts: Statements, countries: Sequence[str]) -> tuple[tuple[ValueQuestion, ...], int]:
    """The questions of as many whole statements as may be asked."""
    found: list[ValueQuestion] = []
    for count, (key, wordings) in enumerate(texts.items()):
        asked = list(_asked(key, wordings, countries))
        if len(found) + len(asked) > MAX_PROMPTS:
            if not found:
                raise UploadError(f"One statement alone has more than {MAX_PROMPTS:,} questions.")
            return tuple(found), count
        found += asked
    return tuple(found), len(texts)


def _asked(
    key: str, wordings: Mapping[str, str], countries: Sequence[str]
) -> Iterator[ValueQuestion]:
    for language in wordings:
        yield _question(key, "neutral", NOWHERE, language, wordings)
    for framing in FRAMINGS[1:]:
        for country in countries:
            own = _told()["countries"].get(country, {}).get("speaks", FIRST)
            for language in dict.fromkeys((FIRST, own)):
                if language in wordings:
                    yield _question(key, framing, country, language, wordings)


def _question(
    key: str, framing: str, country: str, language: str, wordings: Mapping[str, str]
) -> ValueQuestion:
    told = _told()["languages"][language]
    place = _told()["countries"].get(country, {}).get(language, country)
    slots = {"statement": wordings[language], "country": place}
    scale = told["scale"].format(**slots)
    frames = {"neutral": scale, "persona": told["persona"], "observer": told["observer"]}
    text = scale if framing == "neutral" else frames[framing].format(scale=scale, **slots)
    return ValueQuestion(key, framing, country, language, text, told["answer"], told["think"])


def _statements(raw: RawTable, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    frame = checked(raw, ("question_id", "language", "statement"))
    bad = ~frame["language"].isin(languages)
    value = repr(frame.loc[bad, "language"].iloc[0]) if bad.any() else ""
    what = f"there are no framings in {value}"
    refuse(frame.loc[bad, "_row"], "language", what, do=f"Write {', '.join(languages)}.")
    again = frame.duplicated(["question_id", "language"])
    refuse(
        frame.loc[again, "_row"], "language", "this statement has a row in this language already"
    )
    found: dict[str, dict[str, str]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["question_id"], {})[row["language"]] = row["statement"]
    lacking = ~frame["question_id"].isin([key for key, own in found.items() if FIRST in own])
    refuse(frame.loc[lacking, "_row"], "language", f"its statement has no row in {FIRST}")
    return {
        key: {name: own[name] for name in languages if name in own} for key, own in found.items()
    }


def _people(
    raw: RawTable, texts: Statements, points: int
) -> dict[tuple[str, str], tuple[float, ...]]:
    frame = checked(raw, ("question_id", "country", "option", "share"))
    unknown = ~frame["question_id"].isin(list(texts))
    value = repr(frame.loc[unknown, "question_id"].iloc[0]) if unknown.any() else ""
    what = f"{value} is none of the statements"
    refuse(
        frame.loc[unknown, "_row"], "question_id", what, do=f"They are {', '.join(texts)[:200]}."
    )
    option = pd.to_numeric(frame["option"], errors="coerce")
    off = ~option.isin(range(1, points + 1))
    refuse(frame.loc[off, "_row"], "option", f"it is not a whole number from 1 to {points}")
    share = pd.to_numeric(frame["share"], errors="coerce")
    negative = ~(share >= 0) | (share == float("inf"))
    refuse(frame.loc[negative, "_row"], "share", "it is not a number from 0 on")
    again = frame.duplicated(["question_id", "country", "option"])
    refuse(frame.loc[again, "_row"], "option", "this option has a share in this country already")
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    numbers = frame.assign(option=option.astype(int), share=share)
    for (key, country), own in numbers.groupby(["question_id", "country"], sort=False):
        by_option = dict(zip(own["option"], own["share"], strict=True))
        total = float(own["share"].sum())
        refuse(own["_row"] if total == 0 else own["_row"][:0], "share", "all shares here are 0")
        found[str(key), str(country)] = tuple(
            float(by_option.get(each, 0.0)) / total for each in range(1, points + 1)
        )
    return found
