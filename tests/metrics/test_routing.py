"""A mixture with a router."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from metrics.camps import fit_camps
from metrics.choices import pair_choices
from metrics.mixture import choice_table
from metrics.routing import _Task, choice_log_likelihood, fit_router


def chosen(rng: np.random.Generator, *, raters: int = 60, each: int = 30):
    """Two questions of three answers; at each half of the choices follow one order, half another.

    At the first question nine in ten follow the ascending order, at the second one in ten.
    """
    m = raters * each
    question = rng.integers(2, size=m)
    a = rng.integers(3, size=m)
    b = (a + rng.integers(1, 3, size=m)) % 3
    up = rng.random(m) < np.where(question == 0, 0.9, 0.1)
    ahead = rng.random(m) < 1 / (1 + np.exp(-np.where(up, 2.0, -2.0) * (a - b)))
    who = np.repeat(np.arange(raters), each)
    return pair_choices(a + 3 * question, b + 3 * question, ahead.astype(float), who, items=6)


def contexts_of(table) -> np.ndarray:
    return np.where(table.sets[:, :1] < 3, 1.0, -1.0)


@pytest.fixture(scope="module")
def table():
    return choice_table(chosen(np.random.default_rng(0)))


def test_the_gradient_is_that_of_the_value(table):
    counts = np.asarray(table.counts.sum(axis=0)).ravel()
    given = np.hstack([contexts_of(table), np.ones((len(table.sets), 1))])
    task = _Task(table, given, counts, 2, 0.5, 0.1)
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=task.size)
        error = check_grad(lambda y: task.loss(y)[0], lambda y: task.loss(y)[1], x)
        assert error < 1e-5


def test_one_taste_is_the_plain_model(table):
    router = fit_router(table, contexts_of(table), 1, rng=np.random.default_rng(0))
    plain = fit_camps(chosen(np.random.default_rng(0)), 1, rng=np.random.default_rng(0))
    # Ridges on one scale, but the plain model's are not of mean zero within it.
    assert router.strengths[0] == pytest.approx(plain.strengths[0], abs=0.02)
    assert router.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-4)
    assert router.weights([[1.0], [-1.0]]) == pytest.approx(1)


def test_a_value_by_hand():
    # One pair, chosen 3 to 1 by one rater each, one taste, hardly any ridge: θ differ by ln 3, and
    # the log-likelihood is 3 ln ¾ + ln ¼.
    made = pair_choices([0, 0, 0, 1], [1, 1, 1, 0], [1, 1, 1, 1], [0, 1, 2, 3], items=2)
    one = choice_table(made)
    router = fit_router(one, np.zeros((2, 1)), 1, rng=np.random.default_rng(0), ridge=1e-6)
    assert router.strengths[0, 0] - router.strengths[0, 1] == pytest.approx(np.log(3), abs=1e-3)
    assert router.log_likelihood == pytest.approx(3 * np.log(0.75) + np.log(0.25), abs=1e-4)


def test_weights_follow_the_question_and_the_penalty_evens_them(table):
    found = fit_router(
        table, contexts_of(table), 2, rng=np.random.default_rng(0), penalty=0.0, restarts=5
    )
    first, second = found.weights([[1.0], [-1.0]])
    assert first.sum() == pytest.approx(1)
    even = fit_router(
        table, contexts_of(table), 2, rng=np.random.default_rng(0), penalty=5.0, restarts=5
    )
    assert even.weights([[1.0], [-1.0]]) == pytest.approx(0.5, abs=0.02)
    assert found.log_likelihood >= even.log_likelihood - 1e-6
    likelihood = choice_log_likelihood(table, contexts_of(table), found)
    counts = np.asarray(table.counts.sum(axis=0)).ravel()
    assert counts @ likelihood == pytest.approx(found.log_likelihood)
    assert not np.allclose(first, second, atol=1e-3)


def test_what_does_not_fit_is_refused(table):
    with pytest.raises(ValueError, match="Expected"):
        fit_router(table, np.zeros((1, 1)), 2, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="Expected"):
        fit_router(table, contexts_of(table), 0, rng=np.random.default_rng(0))
