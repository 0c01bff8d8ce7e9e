"""Which tokens may be drawn, and how one is drawn: from logits to token ids.

Order: temperature, then top-k, then top-p, then min-p, each on the renormalised outcome of the one
before. Excluded tokens get a logit of minus infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import repeat

import torch
from torch import Tensor
from torch.nn.functional import pad

from data.schema import LEAST_ENTROPY, AdaptiveDecoding, Decoding

CHUNK = 2**24  # logits handled at once; bounds the scratch memory of large vocabularies
CANDIDATES = 1024  # likeliest tokens among which a nucleus is first sought
BLOCK = 64  # token ids whose masses are added up at once
FLOOR = -1e4  # stands in for minus infinity where a probability of 0 multiplies it

Lean = tuple[Tensor, Tensor]  # (n, k) token ids of each row, and what is added to their logits


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k likeliest tokens, and any that tie with the last of them.

    Args:
        logits: (n, vocabulary).
        k: ≥ 0; 0 keeps all.
    """
    if k == 0 or k >= logits.shape[-1]:
        return logits
    smallest = logits.topk(k, dim=-1).values[:, -1:]
    return logits.masked_fill(logits < smallest, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the smallest set of tokens whose mass reaches p; of equals, lower ids first.

    Args:
        logits: (n, vocabulary).
        p: in (0, 1]; 1 keeps all.

    References:
        Holtzman et al. 2020, nucleus sampling.
    """
    if p >= 1:
        return logits
    mass = logits.softmax(-1)
    kept, exact = _nucleus(logits, mass, p, min(CANDIDATES, logits.shape[-1]))
    vocabulary = logits.shape[-1]
    for rest in torch.nonzero(~exact)[:, 0].split(max(1, CHUNK // 16 // vocabulary)):
        kept[rest] = _nucleus(logits[rest], mass[rest], p, vocabulary)[0]
    return logits.masked_fill(~kept, -torch.inf)


def _nucleus(logits: Tensor, mass: Tensor, p: float, count: int) -> tuple[Tensor, Tensor]:
    """Which tokens are kept, looking at the `count` likeliest only: sorting all takes far longer.

    Args:
        logits: (n, vocabulary).
        mass: (n, vocabulary) of them.
        p: in (0, 1).
        count: ≥ 1.

    Returns:
        (n, vocabulary), and (n,) whether that is sure to be so among all tokens.
    """
    ids = logits.topk(count, dim=-1).indices.sort(-1).values
    ranked, order = logits.gather(-1, ids).sort(dim=-1, descending=True, stable=True)
    ids = ids.gather(-1, order)
    ranked_mass = mass.gather(-1, ids)
    before = ranked_mass.cumsum(-1, dtype=torch.float64) - ranked_mass
    # A token stays while the mass before it falls short of p: the likeliest one always does.
    stays = before < p
    kept = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, ids, stays)
    # Tokens that tie with the last one looked at may be missing, so none of those may be kept.
    least = ranked.masked_fill(~stays, torch.inf).amin(-1)
    return kept, (least > ranked[:, -1]) | (count == logits.shape[-1])


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep tokens at least p times as likely as the likeliest.

    Args:
        logits: (n, vocabulary).
        p: in [0, 1); 0 keeps all.

    References:
        Nguyen et al. 2024, min-p sampling.
    """
    if p == 0:
        return logits
    least = logits.amax(-1, keepdim=True) + math.log(p)
    return logits.masked_fill(logits < least, -torch.inf)


def adaptive_temperature(entropies: Tensor, decoding: AdaptiveDecoding) -> Tensor:
    """The temperature of each row, higher where its next token is less certain.

    Args:
        entropies: (n,) nats, of the distributions at T = 1.
        decoding: the usual temperature and how it moves.

    Returns:
        (n,) in [T (1 − strength), T (1 + strength)].

    References:
        Liu et al. 2025, HAPO, with negative deviations divided by the size of the smallest.
    """
    deviation = entropies.clamp(min=LEAST_ENTROPY).log() - decoding.centre
    above = deviation.clamp(min=0) / (decoding.scale * decoding.highest or torch.inf)
    below = deviation.clamp(max=0) / (-decoding.scale * decoding.lowest or torch.inf)
    moved = (above + below).clamp(-1, 1)
    return decoding.temperature * (1 + decoding.strength * moved)


def draw(logits: Tensor, uniforms: Tensor, decoding: Decoding, lean: Lean | None = None) -> Tensor:
    """Draw one token per row by inverting its cumulative distribution in token-id order.

    Args:
        logits: (n, vocabulary), as the model gives them.
        uniforms: (n,) float64 in [0, 1).
        decoding: temperature and truncation; temperature 0 takes the likeliest token.
        lean: what is added to the logits of some tokens before all that.

    Returns:
        (3, n) float64: token ids; log-probabilities at T = 1 before truncation, and entropies of
        those distributions, both in nats and of the logits as the model gives them. NaN where the
        logits are NaN.
    """
    rows = max(1, CHUNK // logits.shape[-1])
    parts = zip(logits.split(rows), uniforms.split(rows), _split(lean, rows), strict=False)
    return torch.cat([_draw(part.float(), u, decoding, by) for part, u, by in parts], dim=1)


def _split(lean: Lean | None, rows: int) -> Iterable[Lean | None]:
    if lean is None:
        return repeat(None)
    return zip(lean[0].split(rows), lean[1].split(rows), strict=True)


def _draw(logits: Tensor, uniforms: Tensor, decoding: Decoding, lean: Lean | None) -> Tensor:
    logprobs = logits.log_softmax(-1)
    probabilities = logprobs.exp()
    entropies = -(probabilities * logprobs.clamp(min=FLOOR)).sum(-1)
    if lean is not None:
        logits = logits.scatter_add(-1, lean[0], lean[1].to(logits.dtype))
        probabilities = logits.softmax(-1)
    if decoding.temperature == 0:
        tokens = logits.argmax(-1, keepdim=True)
    else:
        tokens = _invert(_reshaped(logits, probabilities, entropies, decoding), uniforms)
    drawn = logprobs.gather(-1, tokens)[:, 0]
    return torch.stack((tokens[:, 0].double(), drawn.double(), entropies.double()))


def _reshaped(
    logits: Tensor, probabilities: Tensor, entropies: Tensor, decoding: Decoding
) -> Tensor:
    temperature: float | Tensor = decoding.temperature
    if isinstance(decoding, AdaptiveDecoding):
        temperature = adaptive_temperature(entropies, decoding)[:, None]
    elif (temperature, decoding.top_k, decoding.top_p, decoding.min_p) == (1, 0, 1, 0):
        return probabilities
    kept = keep_top_k(logits / temperature, decoding.top_k)
    return keep_min_p(keep_top_p(kept, decoding.top_p), decoding.min_p).softmax(-1)


def _invert(probabilities: Tensor, uniforms: Tensor) -> Tensor:
    """The token in which each row's cumulative mass passes u times its total.

    Masses are added up in float64, first by blocks of ids and then inside the one block that is
    hit: a cumulative sum over the whole vocabulary took ten times as long.

    Args:
        probabilities: (n, vocabulary), rows of any positive sum.
        uniforms: (n,) float64 in [0, 1).

    Returns:
        (n, 1) int64.
    """
    vocabulary = probabilities.shape[-1]
    blocks = pad(probabilities, (0, -vocabulary % BLOCK)).unflatten(-1, (-1, BLOCK))
    reached = blocks.sum(-1, dtype=torch.float64).cumsum(-1)
    target = uniforms[:, None] * reached[:, -1:]
    hit = torch.searchsorted(reached, target, right=True)
    before = torch.where(hit > 0, reached.gather(-1, (hit - 1).clamp(min=0)), 0.0)
    inside = blocks.take_along_dim(hit[:, :, None], 1)[:, 0].cumsum(-1, dtype=torch.float64)
    # The first token to exceed its target has a mass of its own, so excluded ones are never met.
    # Rounding between the two sums must not carry the target to the end of the block.
    rest = torch.minimum(target - before, inside[:, -1:].nextafter(torch.zeros_like(target)))
    place = torch.searchsorted(inside, rest, right=True)
    return (hit * BLOCK + place).clamp(max=vocabulary - 1)
