"""A temperature for each row, from the entropy of its next token."""

from __future__ import annotations

import math

import pytest
import torch

from data.schema import AdaptiveDecoding, Decoding
from models.truncation import adaptive_temperature, draw

# ln H has its centre at ln 1 = 0; seen were −4 to +2 scales of 0.5 each.
LEARNT = AdaptiveDecoding(
    temperature=0.8, strength=0.25, centre=0.0, scale=0.5, lowest=-4.0, highest=2.0
)


@pytest.mark.parametrize(
    ("entropy", "temperature"),
    [
        (1.0, 0.8),  # h = 0
        (math.e, 0.8 * 1.25),  # h = (1 / 0.5) / 2 = 1
        (math.exp(0.5), 0.8 * 1.125),  # h = 1 / 2
        (math.exp(-2), 0.8 * 0.75),  # h = (−2 / 0.5) / 4 = −1: it falls, as in the paper
        (math.exp(-1), 0.8 * 0.875),  # h = −1 / 2
        (20.0, 0.8 * 1.25),  # beyond what was seen
        (0.0, 0.8 * 0.75),
    ],
)
def test_the_temperature_by_hand(entropy: float, temperature: float) -> None:
    found = adaptive_temperature(torch.tensor([entropy]), LEARNT)
    assert float(found) == pytest.approx(temperature)


def test_without_a_spread_the_temperature_stays() -> None:
    flat = AdaptiveDecoding(temperature=0.8, strength=0.5, scale=0.0, lowest=0.0, highest=0.0)
    assert adaptive_temperature(torch.tensor([0.1, 1.0, 3.0]), flat).tolist() == pytest.approx(
        [0.8] * 3
    )


def test_each_row_is_drawn_at_its_own_temperature() -> None:
    """A flat row at a higher temperature and a steep one at a lower, than as usual."""
    logits = torch.tensor([[0.0, 0.5, 1.0, 1.5], [0.0, 2.0, 4.0, 9.0]]).repeat_interleave(2000, 0)
    uniforms = torch.linspace(0, 1 - 1e-9, 2000, dtype=torch.float64).repeat(2)
    decoding = AdaptiveDecoding(
        temperature=1.0, strength=0.5, centre=math.log(0.5), scale=1.0, lowest=-1.0, highest=0.5
    )
    entropies = draw(logits, uniforms, Decoding())[2]
    temperatures = adaptive_temperature(entropies.float(), decoding)
    assert temperatures[0] > 1 > temperatures[-1]
    tokens = draw(logits, uniforms, decoding)[0].long()
    for rows, first in ((slice(0, 2000), 0), (slice(2000, 4000), 2000)):
        expected = (logits[first] / temperatures[first]).softmax(-1)
        shares = torch.bincount(tokens[rows], minlength=4) / 2000
        torch.testing.assert_close(shares, expected, atol=1e-3, rtol=0)


def test_strength_zero_is_sampling_as_usual() -> None:
    logits = torch.randn(50, 30, generator=torch.Generator().manual_seed(1))
    uniforms = torch.rand(50, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    usual = draw(logits, uniforms, Decoding(temperature=0.7, top_p=0.9))
    still = draw(logits, uniforms, AdaptiveDecoding(temperature=0.7, top_p=0.9))
    assert torch.equal(usual, still)


def test_temperature_zero_stays_greedy() -> None:
    logits = torch.randn(5, 9, generator=torch.Generator().manual_seed(1))
    adaptive = AdaptiveDecoding(temperature=0.0, strength=0.5)
    found = draw(logits, torch.full((5,), 0.3, dtype=torch.float64), adaptive)[0]
    assert found.long().tolist() == logits.argmax(-1).tolist()
