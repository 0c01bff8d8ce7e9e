"""Styles of a corpus as an embedding hears them, instead of as eight named features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from data.dialogues import Corpus
from data.errors import CorpusError
from experiments.exchanges import spoken
from experiments.speech import Speech, laid_out
from metrics.style_axes import StyleAxes, fit_style_axes
from models.base import Embedder

BATCH = 128  # texts between two reports

Report = Callable[[int, int], None]  # texts that are embedded, of how many
Vectors = NDArray[np.float64]


def embedded_speech(
    corpus: Corpus,
    name: str,
    embedder: Embedder,
    *,
    user: str = "",
    own: Sequence[str] = (),
    report: Report | None = None,
) -> Speech:
    """The styles of a corpus in the main directions of an embedding.

    Policies and measures are the same as of named features; register flips and instructions, which
    need names, are not to be had.

    Args:
        corpus: conversations.
        name: of the corpus, in words.
        embedder: what hears the style. An empty turn has none, and every policy keeps its state.
        user: as `experiments.exchanges.exchanges_of`.
        own: texts in the bot's own style; without any, its replies are.
        report: told how far the embedding is.

    Raises:
        CorpusError: nobody of that name speaks, nobody replies, or all texts are alike.
    """
    exchanges, notes = spoken(corpus, user)
    manner = [text for text in own if text.strip()]
    texts = [e.said for e in exchanges] + [e.reply for e in exchanges] + manner
    vectors = _embedded(texts, embedder, report)
    pooled = vectors[: 2 * len(exchanges)]
    axes = _axes(pooled)
    users, replies, ours = np.split(axes.project(vectors), [len(exchanges), 2 * len(exchanges)])
    n = int(np.isfinite(pooled).all(axis=1).sum())
    found = laid_out(
        name,
        users,
        replies,
        [e.conversation for e in exchanges],
        axes.space(reference=f"{name}, both speakers together, in {embedder.id}", n=n),
        ours if manner else replies,
    )
    return replace(
        found,
        exchanges=exchanges,
        notes=(_about(axes, embedder), *notes, *found.notes),
        embedder=embedder.id,
    )


def _embedded(texts: Sequence[str], embedder: Embedder, report: Report | None) -> Vectors:
    """(n, D), each text once; NaN where there is none."""
    different = list(dict.fromkeys(text for text in texts if text.strip()))
    parts = []
    for start in range(0, len(different), BATCH):
        if report is not None:
            report(start, len(different))
        parts.append(np.asarray(embedder.embed(different[start : start + BATCH]), dtype=np.float64))
    if not parts:
        raise CorpusError("All turns are empty.", "Take a corpus with texts.")
    rows = np.concatenate(parts)
    places = {text: place for place, text in enumerate(different)}
    empty = np.full(rows.shape[1], np.nan)
    return np.array([rows[places[text]] if text in places else empty for text in texts])


def _axes(pooled: Vectors) -> StyleAxes:
    try:
        return fit_style_axes(pooled)
    except ValueError as error:
        raise CorpusError(
            "All turns are the same to this embedder.", "Take a corpus in which turns differ."
        ) from error


def _about(axes: StyleAxes, embedder: Embedder) -> str:
    return (
        f"Style is what {embedder.id} hears: the {len(axes.shares)} main directions of all turns, "
        f"{axes.shares.sum():.0%} of their variance, not whitened. They have no names, so there "
        "are no instructions and no register flips. Unless it is a style model, an embedder hears "
        "what is said as much as how."
    )
