"""Regard for groups by a classifier: how a continuation speaks of whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from data.errors import ModelError
from data.schema import ModelRef, RunData
from experiments.assessing import Progress, Work
from experiments.audits.completions import sentences
from experiments.judging import TURN, Bench
from models.classifier import TextClassifier


def regard_scores(classifier: TextClassifier, texts: Sequence[str]) -> NDArray[np.float64]:
    """Probability of positive minus that of negative, from −1 to 1.

    Raises:
        ModelError: it has no labels that begin with "positive" and "negative".

    References:
        Sheng et al. 2019 (regard).
    """
    good, bad = classifier.column("positive"), classifier.column("negative")
    if good is None or bad is None:
        raise ModelError(
            f"{classifier.id} sorts texts into {', '.join(classifier.labels)[:120]}, and regard "
            "needs the labels positive and negative.",
            "Choose a classifier of regard.",
        )
    p = softmax(classifier.logits(list(texts)).astype(np.float64), axis=1)
    return np.asarray(p[:, good] - p[:, bad])


def regard_work(bench: Bench, data: RunData, source: str, judge: ModelRef) -> Work:
    """The reading of the continuations that a classifier has not read yet.

    Args:
        bench: who reads and who keeps.
        data: of the audit.
        source: under which name scores are kept.
        judge: the classifier.

    Raises:
        ChoraleError: it can't be asked for; see `Bench.check`.
    """
    bench.check(judge, len(data.keys))

    def work(progress: Progress) -> None:
        known, texts = bench.kept.scores(data.run.id, source), sentences(data)
        missing = [place for place in texts if place not in known]
        for start in range(0, len(missing), TURN):
            progress.check()
            part = missing[start : start + TURN]
            read = partial(regard_scores, texts=[texts[place] for place in part])
            found = dict(zip(part, bench.classifiers.use(judge, read).tolist(), strict=True))
            known |= found
            bench.kept.add_scores(data.run.id, source, found)
            progress.tell(len(known) / len(texts), len(part))

    return work
