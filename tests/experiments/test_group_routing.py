"""Camps beside a router."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from experiments.groups.options import options_of
from experiments.groups.reading import open_files, source_of
from experiments.groups.routing import PENALTIES, questions_of_options, route
from experiments.groups.searching import find_camps


def embed(texts) -> np.ndarray:
    return np.array([[float("1" in text), float("2" in text), 1.0] for text in texts])


def asked(*, by_rater: bool, questions: int = 2):
    """Everybody chooses among six answers: by the order of the rater, or of the question."""
    rng = np.random.default_rng(0)
    rows = ["rater_id,item_id,response_a,response_b,winner,side"]
    for r in range(60):
        pairs = [(q, a, b) for q in range(1, questions + 1) for a, b in combinations(range(6), 2)]
        for question, a, b in pairs:
            turned = r % 2 if by_rater else question % 2
            theta = np.arange(6) * (1.5 if turned else -1.5)
            won = "a" if rng.random() < 1 / (1 + np.exp(theta[b] - theta[a])) else "b"
            rows.append(f"{r},question {question},{question}{a},{question}{b},{won},{r % 2}")
    source = source_of(open_files((("p.csv", "\n".join(rows).encode()),)))
    options = options_of(source, ())
    return source, options, find_camps(options, source.responses)


def test_raters_who_differ_are_foretold_by_camps():
    source, options, found = asked(by_rater=True)
    assert found.chosen == 2
    routed = route(source, options, found, embed)
    assert routed.camps.n == 60
    for penalty in PENALTIES:
        assert routed.gains[penalty].high < 0
        assert routed.router[penalty].value == pytest.approx(
            routed.camps.value + routed.gains[penalty].value
        )
    assert routed.weights.shape == (2, 2)
    assert routed.weights.sum(axis=1) == pytest.approx(1)


def test_where_all_raters_are_alike_a_router_loses_nothing():
    source, options, found = asked(by_rater=False)
    assert found.chosen == 1
    routed = route(source, options, found, embed)
    assert routed.tastes == 2
    assert abs(routed.gains[0.0].value) < 0.5


def test_options_belong_to_their_questions_and_one_question_routes_nothing():
    source, options, found = asked(by_rater=True, questions=1)
    names, belongs = questions_of_options(source, options)
    assert names == ("question 1",)
    assert belongs == pytest.approx(1)
    assert route(source, options, found, embed) is None
