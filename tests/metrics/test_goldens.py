"""Our values beside those of public packages, whose versions stand in the file."""

import json
from pathlib import Path

import numpy as np
import pytest

from metrics.entropy import discrete_semantic_entropy
from metrics.extrapolation import chao1_estimate
from metrics.kernels import eigen_score, kernel_language_entropy, laplacian_classes
from metrics.lexical import words
from metrics.mtld import mtld
from metrics.unseen import unseen_mass
from metrics.vendi import vendi_from_embeddings

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "goldens" / "measures.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("order", GOLDEN["vendi_dual"])
def test_vendi_score(order):
    found = vendi_from_embeddings(GOLDEN["vectors"], order=float(order))
    assert found == pytest.approx(GOLDEN["vendi_dual"][order])


@pytest.mark.parametrize("case", GOLDEN["counts"], ids=lambda case: str(case["counts"]))
def test_scikit_bio(case):
    found = chao1_estimate(case["counts"], floor=1)
    assert found.value == pytest.approx(case["chao1"])
    assert unseen_mass(case["counts"]) == pytest.approx(1 - case["goods_coverage"])
    assert discrete_semantic_entropy(case["counts"]) == pytest.approx(case["shannon"])
    assert found.low == pytest.approx(case["chao1_ci"][0])
    assert found.high == pytest.approx(case["chao1_ci"][1])


def test_lm_polygraph():
    entails, contradicts = np.array(GOLDEN["entails"]), np.array(GOLDEN["contradicts"])
    both, against = entails + entails.T, contradicts + contradicts.T
    likeness = both + 0.5 * (2 - both - against)
    assert kernel_language_entropy(likeness) == pytest.approx(GOLDEN["kle"])
    assert eigen_score(GOLDEN["states"]) == pytest.approx(GOLDEN["eigen_score"])


def test_laplacian_classes_without_likeness_to_oneself():
    # the package takes P(entails itself) as it comes; ours is one, so only such judgements agree
    found = laplacian_classes((np.array(GOLDEN["entails"]) + np.array(GOLDEN["entails"]).T) / 2)
    assert found != pytest.approx(GOLDEN["laplacian"])
    assert 1 <= found <= 6


def test_lexical_richness():
    assert mtld(words(GOLDEN["words"])) == pytest.approx(GOLDEN["mtld"])
