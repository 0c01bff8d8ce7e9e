"""Published conversations that are fetched from the Hugging Face Hub by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from data.dialogues.reading import read_corpus
from data.dialogues.records import Corpus
from data.hub_datasets import Report, hub_split, hub_tables

SEED = 0  # of the conversations that are taken: the same ones for everybody


@dataclass(frozen=True, slots=True)
class HubCorpus:
    """A published corpus.

    Attributes:
        name: what people call it.
        dataset_id: on the Hub.
        about: who talks with whom, a sentence.
        reference: the paper.
    """

    name: str
    dataset_id: str
    about: str
    reference: str


HUB_CORPORA: Mapping[str, HubCorpus] = MappingProxyType(
    {
        each.name: each
        for each in (
            HubCorpus(
                "DailyDialog",
                "li2017dailydialog/daily_dialog",
                "Learners’ dialogues of everyday life, written by people.",
                "Li et al. 2017",
            ),
            HubCorpus(
                "PersonaChat",
                "AlekseyKorshuk/persona-chat",
                "Two people chat, each as the persona that was given them.",
                "Zhang et al. 2018; Dinan et al. 2019",
            ),
            HubCorpus(
                "EmpatheticDialogues",
                "facebook/empathetic_dialogues",
                "One person tells of a feeling, another one listens.",
                "Rashkin et al. 2019",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from the Hub.

    Attributes:
        name: of the corpus with its part, in words.
        corpus: all of it.
    """

    name: str
    corpus: Corpus


def fetch_named(which: HubCorpus, *, report: Report | None = None) -> Fetched:
    """The smallest split of a named corpus.

    Args:
        which: one of `HUB_CORPORA`.
        report: told how many bytes of how many are here, from any thread.

    Raises:
        ChoraleError: the Hub can't be reached, or what it holds isn't read.
    """
    split, content = hub_split(which.dataset_id, report=report)
    return Fetched(f"{which.name}, {split}", read_corpus(content))


def fetch_any(dataset_id: str, *, file: str = "", report: Report | None = None) -> Fetched:
    """The conversations of any data set on the Hub.

    Args:
        dataset_id: owner/name.
        file: which file; "" takes the Hub’s own copy of the smallest split.
        report: as `fetch_named`.

    Raises:
        ChoraleError: as `fetch_named`.
    """
    if file:
        [(name, content)] = hub_tables(dataset_id, file=file)
        return Fetched(f"{dataset_id}, {name}", read_corpus(content))
    split, content = hub_split(dataset_id, report=report)
    return Fetched(f"{dataset_id}, {split}", read_corpus(content))


def some_of(corpus: Corpus, count: int) -> Corpus:
    """At most this many conversations, drawn once and for all, in the order of the file."""
    if len(corpus.dialogues) <= count:
        return corpus
    drawn = np.random.default_rng(SEED).choice(len(corpus.dialogues), size=count, replace=False)
    return replace(corpus, dialogues=tuple(corpus.dialogues[i] for i in sorted(drawn.tolist())))
