"""Judgements that take a while: what they cost, how far they are, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.analysis import judged_labels
from components.problems import problems_shown, show_problem
from components.services import assessments, bench, judgements
from components.state import State
from components.text import as_markdown, plural
from data.judgements import pair_key
from data.schema import RunData
from experiments.assessing import Assessment, Work
from experiments.grouping import (
    EMBEDDING,
    MODEL,
    Grouping,
    likeness_by_verdicts,
    most_pairs,
    pairs_within,
)
from experiments.judging import pair_work, rating_work
from experiments.quality import JUDGED, LOGPROB, REWARD, STARS, Quality, quality_scores
from models.registry import display_name

UNSURE = 0.5  # of the mass of replies: below it, a model seldom says yes or no


def settled_grouping(state: State, whole: RunData, chosen: Grouping, *, running: bool) -> Grouping:
    """The grouping that the page can use now; says what a judge still has to do, and offers it.

    Args:
        state: of the visitor.
        whole: the run with every answer.
        chosen: what was asked for.
        running: more answers are to come.

    Returns:
        The chosen one, or that by embeddings as long as a judge's verdicts are missing.
    """
    if chosen.means == EMBEDDING:
        if chosen != Grouping():
            st.caption(f"Meanings by {as_markdown(chosen.words)}.")
        return chosen
    if _judged(state, whole, chosen, running=running):
        st.caption(f"Meanings by {as_markdown(chosen.words)}. {_verdicts_note(whole, chosen)}")
        return chosen
    return Grouping()


def _judged(state: State, whole: RunData, chosen: Grouping, *, running: bool) -> bool:
    """Whether a judge has said all that its rule needs; else what is to be done about it."""
    if chosen.judge is None:
        st.caption("Choose a classifier first. Until then meanings are grouped by embeddings.")
        return False
    if running:
        st.caption("Judging waits until the run has ended; until then, embeddings group.")
        return False
    task = f"pairs {whole.run.id} {chosen.judge_id}"
    shown = assessments().shown(task)
    if _going(task, shown, "pairs judged", place="map"):
        return False
    known = judgements().count(whole.run.id, chosen.judge_id)
    if judged_labels(whole, chosen, known) is not None:
        return True
    _offer(
        state, whole, task, "Judge the answers", _pairs_cost(whole, chosen),
        lambda: pair_work(bench(), whole, chosen, owner=state.owner), place="map",
    )  # fmt: skip
    return False


def _pairs_cost(whole: RunData, grouping: Grouping) -> str:
    texts = len({sample.text for sample in whole.samples})
    most = f"at most {plural(most_pairs(whole), 'pair')} of {plural(texts, 'different text')}"
    if grouping.rule == "greedy":
        most += ", and with k meanings no more than k for each text"
    twice = "each read in both orders" if grouping.means == MODEL else "read one or two ways"
    judge = display_name(grouping.judge.id) if grouping.judge else ""
    return (
        f"{as_markdown(judge)} has not judged these answers yet: {most}, {twice}. What is judged "
        "is kept. Until then meanings are grouped by embeddings."
    )


def _verdicts_note(whole: RunData, grouping: Grouping) -> str:
    found = judgements().verdicts(whole.run.id, grouping.judge_id)
    words = f"It rests on {plural(len(found), 'verdict')}."
    if grouping.means != MODEL or not found:
        return words
    mass = sum(one.mass for one in found.values()) / len(found)
    words += f" On average {mass:.0%} of the model’s replies would begin with yes or no"
    return f"{words}, so these verdicts say little." if mass < UNSURE else f"{words}."


def offer_every_pair(state: State, whole: RunData, grouping: Grouping) -> None:
    """Offer to have all pairs judged that measures of graded likeness need."""
    if grouping.means == EMBEDDING:
        st.caption(
            "Kernel language entropy and the continuous number of meanings need a judge: choose "
            "one under “What counts as one meaning”."
        )
        return
    known = judgements().verdicts(whole.run.id, grouping.judge_id)
    missing = sum(pair_key(*pair) not in known for pair in pairs_within(whole))
    task = f"every pair {whole.run.id} {grouping.judge_id}"
    if _going(task, assessments().shown(task), "pairs judged", place="measures") or not missing:
        return
    _offer(
        state, whole, task, "Judge every pair",
        "Kernel language entropy and the continuous number of meanings need every pair of a "
        f"condition’s answers judged; {plural(missing, 'pair')} are not.",
        lambda: pair_work(bench(), whole, grouping, owner=state.owner, every=True),
        place="measures",
    )  # fmt: skip


def known_likeness(data: RunData, grouping: Grouping) -> NDArray[np.float64] | None:
    """Verdicts on all pairs within each condition; None where a judge has not given them all."""
    if grouping.means == EMBEDDING:
        return None
    return likeness_by_verdicts(data, judgements().verdicts(data.run.id, grouping.judge_id))


def offer_rating(
    state: State, whole: RunData, quality: Quality, *, place: str, running: bool
) -> None:
    """Offer to have answers rated, where a source of quality needs that; says how far it is.

    Args:
        state: of the visitor.
        whole: the run with every answer.
        quality: what is to be known of each.
        place: where on the page this stands.
        running: more answers are to come.
    """
    if quality.source not in JUDGED:
        return
    if quality.source == REWARD and quality.judge is None:
        st.caption("Choose a reward model first.")
        return
    task = f"scores {whole.run.id} {quality.name}"
    missing = _unrated(whole, quality)
    if _going(task, assessments().shown(task), "answers rated", place=place) or not missing:
        return
    if running:
        st.caption("Rating waits until the run has ended.")
        return
    who = as_markdown(display_name(quality.judge.id)) if quality.judge else "The model"
    _offer(
        state, whole, task, "Rate the answers",
        f"{who} has not rated {plural(missing, 'answer')} yet: one reading of each.",
        lambda: rating_work(
            bench(), whole, quality.name, owner=state.owner, judge=quality.judge
        ),
        place=place,
    )  # fmt: skip


def rated(whole: RunData, quality: Quality) -> bool:
    """Whether a model was asked about every answer."""
    return quality.source in JUDGED and _unrated(whole, quality) <= 0


def _unrated(whole: RunData, quality: Quality) -> int:
    return len(whole.keys) - len(judgements().scores(whole.run.id, quality.name))


def scores_of(state: State, data: RunData, quality: Quality) -> NDArray[np.float64]:
    """The score of each row as far as it is known: the visitor's own stars, or what models said."""
    if quality.source == LOGPROB:
        return quality_scores(data, LOGPROB)
    owner = state.owner if quality.source == STARS else ""
    kept = judgements().scores(data.run.id, quality.name, owner=owner)
    return quality_scores(data, quality.source, kept)


def _going(task: str, shown: Assessment | None, what: str, *, place: str) -> bool:
    """Show how a judgement stands; whether it is going on."""
    if shown is None:
        return False
    if shown.error is not None:
        show_problem(shown.error)
    if not shown.active:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = f"{shown.judged:,} {what}" if shown.judged else "getting the judge ready"
        st.progress(min(shown.done, 1.0), text=words)
        st.button(
            "Stop judging",
            icon=":material/stop:",
            key=f"diversity.{place}.stop.{task}",
            on_click=assessments().stop,
            args=(task,),
        )
    return True


def _offer(
    state: State,
    whole: RunData,
    task: str,
    label: str,
    cost: str,
    work: Callable[[], Work],
    *,
    place: str,
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(cost)
        if st.button(label, icon=":material/gavel:", key=f"diversity.{place}.start.{task}"):
            with problems_shown():
                assessments().start(task, work(), run_id=whole.run.id, owner=state.owner)
                st.rerun()
