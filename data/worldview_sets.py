"""Open questions that traditions answer differently, and the words that tell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import yaml

from data.adapters import checked
from data.answer_checks import refuse
from data.audits import FOLDER
from data.reading_tables import RawTable

MAX_QUESTIONS = 500


@dataclass(frozen=True, slots=True)
class WorldviewSet:
    """What is asked, and what counts as a reference.

    Attributes:
        about: what the set is.
        source: whose wording it is.
        questions: name → question, without how to answer it.
        ask: how to answer.
        several: how to answer when several perspectives are wanted.
        words: perspective → words by which a reference to it is known.
    """

    about: str
    source: str
    questions: Mapping[str, str]
    ask: str
    several: str
    words: Mapping[str, tuple[str, ...]]


@cache
def own_worldviews() -> WorldviewSet:
    """The questions and words that come with the app."""
    told: Mapping[str, Any] = yaml.safe_load((FOLDER / "worldviews.yaml").read_text("utf-8"))
    return WorldviewSet(
        about=told["about"],
        source=told["source"],
        questions=told["questions"],
        ask=told["ask"],
        several=told["several"],
        words={name: tuple(words) for name, words in told["perspectives"].items()},
    )


def uploaded_worldviews(raw: RawTable) -> WorldviewSet:
    """A file's questions with our own words; the first 500 questions.

    Args:
        raw: columns question_id and question.

    Raises:
        UploadError: a column is missing, a cell empty, or an id occurs twice.
    """
    frame = checked(raw, ("question_id", "question"))
    again = frame.duplicated("question_id")
    refuse(frame.loc[again, "_row"], "question_id", "an earlier row has this id")
    kept = frame.head(MAX_QUESTIONS)
    count = f"{len(kept)} of {len(frame)}" if len(kept) < len(frame) else str(len(frame))
    return replace(
        own_worldviews(),
        about=f"{count} uploaded questions",
        source="Uploaded questions, words for perspectives our own",
        questions=dict(zip(kept["question_id"], kept["question"], strict=True)),
    )
