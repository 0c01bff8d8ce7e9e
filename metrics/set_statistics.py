"""Every measure of a set of answers that is computed as it stands, by its key in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from metrics.darling import darling_reward, gini_simpson
from metrics.distances import nearest_neighbour_distance
from metrics.draws import Draws
from metrics.entropy import (
    discrete_semantic_entropy,
    monte_carlo_semantic_entropy,
    rao_semantic_entropy,
)
from metrics.kernels import eigen_score, kernel_language_entropy, laplacian_classes
from metrics.lexical import distinct_n
from metrics.novelty import expected_utility
from metrics.repetition import compression_ratio, ngram_diversity, self_repetition
from metrics.self_bleu import self_bleu
from metrics.token_entropy import word_entropy
from metrics.vendi import hill_number, truncated_shares
from metrics.volume import dpp_log_likelihood, log_volume

TERMS = 8  # eigenvalues of the truncated Vendi score
PATIENT = 10  # answers that a user of utility_k sees at most


@dataclass(frozen=True)
class Statistic:
    """How a measure is computed from a set of answers.

    Attributes:
        compute: the measure of the answers it is given.
        needs: name of what must be known of an answer; answers of which it isn't are left out.
        missing: what to say where it is known of none.
    """

    compute: Callable[[Draws], float]
    needs: str = ""
    missing: str = ""


def _utility(draws: Draws) -> float:
    return expected_utility(draws.labels, _known(draws.utilities), k=PATIENT)


def _darling(draws: Draws) -> float:
    return float(np.mean(darling_reward(draws.labels, _known(draws.utilities))))


def _rao(draws: Draws) -> float:
    return rao_semantic_entropy(draws.labels, _known(draws.logprobs))


def _sequence(draws: Draws) -> float:
    return monte_carlo_semantic_entropy(draws.labels, _known(draws.sequence_logprobs))


def _known(given: NDArray[np.floating] | None) -> NDArray[np.float64]:
    return np.asarray(given, dtype=np.float64)


_NO_LOGPROBS = "The log-probabilities of its tokens are not known."
_NO_SCORES = "No answer has a score."
_NO_PAIRS = "No pair of answers was judged."

STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "differ": Statistic(lambda draws: gini_simpson(draws.labels)),
        "plugin_entropy": Statistic(lambda draws: discrete_semantic_entropy(draws.counts)),
        "rao_entropy": Statistic(_rao, "logprobs", _NO_LOGPROBS),
        "sequence_entropy": Statistic(_sequence, "sequence_logprobs", _NO_LOGPROBS),
        "kernel_entropy": Statistic(
            lambda draws: kernel_language_entropy(_known(draws.same)), "same", _NO_PAIRS
        ),
        "laplacian": Statistic(
            lambda draws: laplacian_classes(_known(draws.same)), "same", _NO_PAIRS
        ),
        "vendi_1": Statistic(lambda draws: hill_number(draws.spectrum, order=1)),
        "vendi_max": Statistic(lambda draws: hill_number(draws.spectrum, order=np.inf)),
        "vendi_truncated": Statistic(
            lambda draws: hill_number(truncated_shares(draws.spectrum, terms=TERMS), order=1)
        ),
        "nearest": Statistic(lambda draws: nearest_neighbour_distance(draws.vectors)),
        "volume": Statistic(lambda draws: log_volume(draws.vectors)),
        "dpp": Statistic(lambda draws: dpp_log_likelihood(draws.vectors)),
        "eigen_score": Statistic(
            lambda draws: eigen_score(_known(draws.states)),
            "states",
            "The model's hidden states were not kept.",
        ),
        "distinct_1": Statistic(lambda draws: distinct_n(draws.texts, n=1)),
        "distinct_3": Statistic(lambda draws: distinct_n(draws.texts, n=3)),
        "ngram_diversity": Statistic(lambda draws: ngram_diversity(draws.texts)),
        "compression": Statistic(lambda draws: compression_ratio(draws.texts)),
        "self_repetition": Statistic(lambda draws: self_repetition(draws.texts)),
        "self_bleu": Statistic(lambda draws: self_bleu(draws.texts)),
        "mtld": Statistic(
            lambda draws: float(_known(draws.mtlds).mean()),
            "mtlds",
            "No answer has ten words and repeats one.",
        ),
        "word_entropy": Statistic(lambda draws: word_entropy(draws.texts)),
        "token_entropy": Statistic(
            lambda draws: float(_known(draws.token_entropies).mean()),
            "token_entropies",
            "The entropies of its tokens are not known.",
        ),
        "logprob": Statistic(
            lambda draws: float(_known(draws.logprobs).mean()), "logprobs", _NO_LOGPROBS
        ),
        "utility": Statistic(_utility, "utilities", _NO_SCORES),
        "darling": Statistic(_darling, "utilities", _NO_SCORES),
    }
)
