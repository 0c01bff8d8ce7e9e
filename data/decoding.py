"""How tokens are drawn, as frozen values; `data.schema` hands them on."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_ENTROPY = 1e-6  # nats; below it, an adaptive temperature takes all choices as equally sure


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a token is drawn from the model's distribution.

    Applied in this order: temperature, then top-k, then top-p, then min-p, each on the
    renormalised outcome of the one before. (vLLM applies temperature first too; transformers'
    `generate` orders its warpers likewise.)

    Attributes:
        temperature: ≥ 0; 0 takes the likeliest token.
        top_p: in (0, 1]; smallest set of tokens whose mass reaches it; 1 is off.
        top_k: ≥ 0 tokens kept; 0 is off.
        min_p: in [0, 1); tokens at least this fraction of the likeliest; 0 is off.
        max_new_tokens: > 0; thinking counts.
        stop: texts that end the answer and are left out of it. They are looked for in the answer
            as it is read, without special tokens, and not in the thinking before it.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdaptiveDecoding(Decoding):
    """A temperature T · (1 + strength · h) for each token, h from the entropy H of its choice.

    h is (ln H − centre) / scale, with H at least `LEAST_ENTROPY`; positive values are divided by
    `highest`, negative ones by −`lowest`, and the outcome is cut to [−1, 1].

    Attributes:
        strength: in [0, 1).
        centre: of ln H, H in nats.
        scale: ≥ 0; at 0 the temperature stays as it is.
        lowest: smallest value seen before it was divided, ≤ 0.
        highest: largest value, ≥ 0.
    """

    strength: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    lowest: float = -1.0
    highest: float = 1.0


@dataclass(frozen=True, slots=True)
class SplitDecoding(Decoding):
    """Split-softmax: attention to the system prompt is held up while tokens are drawn.

    Its share π becomes π^k for every token behind it, and all other attention shrinks to match.

    Attributes:
        exponent: k in (0, 1]; 1 changes nothing, smaller is stronger.

    References:
        Li et al. 2024 (Measuring and controlling persona drift, arXiv 2402.10962), reconstructed
        from secondary accounts: its code doesn't hold it.
    """

    exponent: float = 1.0


@dataclass(frozen=True, slots=True)
class ValueDecoding(Decoding):
    """Value-augmented sampling: of the likeliest tokens, those of more value become likelier.

    To the logits of the `top` likeliest tokens strength · (V − mean V) is added, the mean over
    these tokens, before temperature and truncation. V of a token is what it makes of the text since
    the last word boundary; see `models.word_values`.

    Attributes:
        words: with what one more occurrence is worth.
        strength: β ≥ 0; at 0 tokens are drawn as usual.
        top: ≥ 1.

    References:
        Han et al. 2024 (VAS, arXiv 2405.06639), whose values are a model's and not those of words.
    """

    words: tuple[tuple[str, float], ...] = ()
    strength: float = 1.0
    top: int = 20
