from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.schema import Decoding
from models.truncation import CANDIDATES, draw, keep_min_p, keep_top_k, keep_top_p

INF = math.inf
# Probabilities 0.1, 0.4, 0.3, 0.2 by token id.
EXAMPLE = torch.tensor([[0.1, 0.4, 0.3, 0.2]]).log()


def kept(logits: torch.Tensor) -> list[int]:
    return torch.isfinite(logits[0]).nonzero()[:, 0].tolist()


def masses(min_size: int = 2, max_size: int = 40) -> st.SearchStrategy[torch.Tensor]:
    sizes = st.integers(min_size, max_size)
    values = sizes.flatmap(
        lambda n: arrays(np.float32, (1, n), elements=st.floats(-8, 8, width=32))
    )
    return values.map(torch.from_numpy)


def drawn(logits: torch.Tensor, u: float, **decoding: float) -> int:
    uniforms = torch.tensor([u], dtype=torch.float64)
    return int(draw(logits, uniforms, Decoding(**decoding))[0, 0])


def test_top_k_keeps_the_k_likeliest() -> None:
    assert kept(keep_top_k(EXAMPLE, 2)) == [1, 2]
    assert kept(keep_top_k(EXAMPLE, 0)) == kept(keep_top_k(EXAMPLE, 9)) == [0, 1, 2, 3]


def test_top_k_keeps_ties_with_the_last() -> None:
    assert kept(keep_top_k(torch.tensor([[1.0, 2.0, 1.0, 0.0]]), 2)) == [0, 1, 2]


def test_top_p_keeps_the_smallest_set_that_reaches_the_mass() -> None:
    # In order 0.4, 0.3, 0.2, 0.1: 0.4 + 0.3 = 0.7 falls short of 0.75, with 0.2 it is reached.
    assert kept(keep_top_p(EXAMPLE, 0.75)) == [1, 2, 3]
    assert kept(keep_top_p(EXAMPLE, 0.65)) == [1, 2]
    assert kept(keep_top_p(EXAMPLE, 0.01)) == [1]
    assert kept(keep_top_p(EXAMPLE, 1.0)) == [0, 1, 2, 3]


def nucleus(logits: torch.Tensor, p: float) -> list[int]:
    """The kept ids by definition: ranked by likelihood, then by id, until the mass reaches p."""
    mass = logits.double().softmax(-1).tolist()
    kept, reached = [], 0.0
    for token in sorted(range(len(mass)), key=lambda token: (-mass[token], token)):
        if reached >= p:
            break
        kept.append(token)
        reached += mass[token]
    return sorted(kept)


@pytest.mark.parametrize("slope", [0.5, 1.5, 3.0])
def test_top_p_of_a_large_vocabulary_is_that_of_all_its_tokens(slope: float) -> None:
    ranks = torch.stack([torch.randperm(5 * CANDIDATES) for _ in range(3)]) + 1.0
    # 16 bits make many tokens tie.
    logits = (-slope * ranks.log()).bfloat16().float()
    kept_ids = [torch.isfinite(row).nonzero()[:, 0].tolist() for row in keep_top_p(logits, 0.8)]
    assert kept_ids == [nucleus(row, 0.8) for row in logits]
    # A slope of 0.5 needs more than the candidates (the share of ranks up to r is √(r/V)).
    assert (len(kept_ids[0]) > CANDIDATES) == (slope < 1)


def test_top_p_looks_further_where_the_last_candidate_ties() -> None:
    # CANDIDATES + 9 tokens with half the mass: those with lower ids stay, wherever topk looked.
    logits = torch.zeros(1, CANDIDATES + 10)
    logits[0, 7] = math.log(CANDIDATES + 9)
    p = 0.5 + 0.5 * (CANDIDATES - 1.5) / (CANDIDATES + 9)
    assert kept(keep_top_p(logits, p)) == list(range(CANDIDATES))


def test_min_p_keeps_what_is_likely_enough_beside_the_likeliest() -> None:
    # 0.6 × 0.4 = 0.24 leaves 0.4 and 0.3.
    assert kept(keep_min_p(EXAMPLE, 0.6)) == [1, 2]
    assert kept(keep_min_p(EXAMPLE, 0.0)) == [0, 1, 2, 3]


def test_top_p_works_on_what_top_k_left() -> None:
    # After top-k 2 the masses are 4/7 and 3/7; 4/7 = 0.571 reaches 0.5, where 0.4 would not.
    assert kept(keep_top_p(EXAMPLE, 0.5)) == [1, 2]
    assert kept(keep_top_p(keep_top_k(EXAMPLE, 2), 0.5)) == [1]


@given(masses(), st.floats(0.01, 1))
def test_top_p_reaches_its_mass_and_not_with_one_token_fewer(
    logits: torch.Tensor, p: float
) -> None:
    mass = logits.double().softmax(-1)[0]
    inside = torch.isfinite(keep_top_p(logits, p)[0])
    assert mass[inside].sum() >= p - 1e-5
    assert mass[inside].sum() - mass[inside].min() <= p + 1e-5
    if not inside.all():
        assert mass[inside].min() >= mass[~inside].max()


@given(masses(), st.integers(1, 40))
def test_top_k_keeps_k_or_ties(logits: torch.Tensor, k: int) -> None:
    inside = torch.isfinite(keep_top_k(logits, k)[0])
    assert inside.sum() >= min(k, logits.shape[1])
    if not inside.all():
        smallest = logits[0, inside].min()
        assert smallest > logits[0, ~inside].max()
        assert (logits[0] > smallest).sum() < k


@given(masses(), st.floats(0.01, 0.99))
def test_min_p_compares_with_the_likeliest(logits: torch.Tensor, p: float) -> None:
    ratio = (logits.double() - logits.double().max()).exp()[0]
    inside = torch.isfinite(keep_min_p(logits, p)[0])
    assert (ratio[inside] >= p * (1 - 1e-5)).all()
    assert (ratio[~inside] <= p * (1 + 1e-5)).all()


@given(masses(), st.sampled_from(["top_k", "top_p", "min_p"]), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_order_of_tokens_does_not_matter(logits: torch.Tensor, kind: str, random) -> None:
    logits = torch.unique(logits)[None]  # without ties, which top-p breaks by id
    order = list(range(logits.shape[1]))
    random.shuffle(order)
    keep = {
        "top_k": lambda x: keep_top_k(x, 3),
        "top_p": lambda x: keep_top_p(x, 0.7),
        "min_p": lambda x: keep_min_p(x, 0.3),
    }[kind]
    assert torch.equal(keep(logits[:, order]), keep(logits)[:, order])


def test_draw_inverts_the_cumulative_distribution_in_token_order() -> None:
    # Cumulative masses 0.1, 0.5, 0.8, 1.
    for u, token in ((0.0, 0), (0.0999, 0), (0.1001, 1), (0.4999, 1), (0.5001, 2), (0.9999, 3)):
        assert drawn(EXAMPLE, u) == token


def test_draw_never_takes_an_excluded_token() -> None:
    # Top-k 2 leaves tokens 1 and 2 with 4/7 and 3/7.
    for u, token in ((0.0, 1), (0.571, 1), (0.572, 2), (1 - 2**-53, 2)):
        assert drawn(EXAMPLE, u, top_k=2) == token


def test_temperature_comes_before_truncation() -> None:
    # At T = 0.5 masses square: 0.01, 0.16, 0.09, 0.04 of 0.30. Top-p 0.8 then needs 0.16 + 0.09
    # (0.83), where at T = 1 it would need three tokens.
    assert {drawn(EXAMPLE, u, temperature=0.5, top_p=0.8) for u in (0.01, 0.5, 0.99)} == {1, 2}
    assert {drawn(EXAMPLE, u, top_p=0.8) for u in (0.01, 0.5, 0.99)} == {1, 2, 3}


def test_temperature_zero_takes_the_likeliest() -> None:
    assert {drawn(EXAMPLE, u, temperature=0) for u in (0.0, 0.5, 0.99)} == {1}


def test_recorded_numbers_are_those_before_temperature_and_truncation() -> None:
    settings = Decoding(temperature=0.3, top_k=2)
    token, logprob, entropy = draw(EXAMPLE, torch.zeros(1, dtype=torch.float64), settings)[:, 0]
    assert token == 1
    assert logprob == pytest.approx(math.log(0.4), abs=1e-6)
    # −(0.1 ln 0.1 + 0.4 ln 0.4 + 0.3 ln 0.3 + 0.2 ln 0.2) = 1.2799 nats
    assert entropy == pytest.approx(1.2799, abs=1e-4)


def test_impossible_tokens_leave_the_entropy_finite() -> None:
    logits = torch.tensor([[0.0, -INF, 0.0]])
    entropy = draw(logits, torch.zeros(1, dtype=torch.float64), Decoding())[2, 0]
    assert entropy == pytest.approx(math.log(2))


def test_large_batches_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.randn(9, 50, generator=torch.Generator().manual_seed(1))
    uniforms = torch.linspace(0, 0.99, 9, dtype=torch.float64)
    whole = draw(logits, uniforms, Decoding(top_p=0.9))
    monkeypatch.setattr("models.truncation.CHUNK", 100)
    assert torch.equal(draw(logits, uniforms, Decoding(top_p=0.9)), whole)


@given(masses(max_size=300), st.floats(0, 1, exclude_max=True), st.integers(0, 20))
def test_draw_agrees_with_one_cumulative_sum(logits: torch.Tensor, u: float, k: int) -> None:
    probabilities = keep_top_k(logits, k).double().softmax(-1)[0].numpy()
    cumulative = probabilities.cumsum()
    token = drawn(logits, u, top_k=k)
    assert probabilities[token] > 0
    # Up to rounding: the target lies in the token's own stretch of the cumulative distribution.
    assert cumulative[token] - probabilities[token] - 1e-6 <= u <= cumulative[token] + 1e-6


def test_draw_reaches_every_block_of_a_large_vocabulary() -> None:
    logits = torch.zeros(1000, 1000)
    uniforms = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    assert draw(logits, uniforms, Decoding())[0].tolist() == list(range(1000))
