"""What fits into memory, and what is suggested where nothing does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.schema import MAX_SAMPLES
from models.fitting import (
    MODEST_N,
    OFFERED,
    Demand,
    fit_of,
    gigabytes,
    parameter_count,
    suggestions,
)
from models.known import known
from models.shape import ModelShape, memory_of

# 8 billion parameters, 1 billion of them embeddings; 32 layers of 8 heads of 128.
LARGE = ModelShape(8 * 10**9, 10**9, layers=32, width=1024, vocabulary=128_000, context=8192)
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


def asked(free: float, **other: int) -> Demand:
    return Demand(int(free), "cuda", **other)


def test_the_largest_n_by_hand() -> None:
    # Weights 16e9 and libraries 300 × 2^20 = 0.315e9, a prompt of 512 tokens 131,072 × 512 =
    # 0.067e9. Each answer 64 × 131,072 + 2 × 128,000 = 8.645e6, and scratch 40 × 128,000 = 5.12e6
    # each as long as n × 128,000 ≤ 2^25, n ≤ 262. So 17e9 − 16.382e9 = 0.618e9 has room for
    # 0.618e9 / 13.765e6 = 44.9 answers.
    fit = fit_of(LARGE, "bf16", asked(17e9))
    assert fit.largest_n == 44
    assert (fit.weights, fit.loads, fit.whole) == (16 * 10**9, True, False)


@given(st.integers(10**9, 40 * 10**9), st.sampled_from(OFFERED), st.integers(1, 512))
def test_the_largest_n_fits_and_one_more_does_not(free, quantization, tokens) -> None:
    fit = fit_of(LARGE, quantization, asked(free, new_tokens=tokens))
    if fit.largest_n:
        assert memory_of(
            LARGE, quantization, device="cuda", n=fit.largest_n, new_tokens=tokens
        ) <= (free)
    if fit.largest_n < MAX_SAMPLES:
        more = fit.largest_n + 1
        assert memory_of(LARGE, quantization, device="cuda", n=more, new_tokens=tokens) > free


def test_each_part_of_the_demand_matters() -> None:
    base = fit_of(LARGE, "bf16", asked(17e9)).largest_n
    assert fit_of(LARGE, "bf16", asked(18e9)).largest_n > base
    assert fit_of(LARGE, "nf4", asked(17e9)).largest_n > base
    assert fit_of(LARGE, "bf16", asked(17e9, new_tokens=256)).largest_n < base
    assert fit_of(LARGE, "bf16", asked(17e9, prompt_tokens=4096)).largest_n < base
    assert not fit_of(LARGE, "bf16", Demand(int(17e9), "cpu", n=64)).whole
    assert fit_of(LARGE, "bf16", asked(17e9, n=44)).whole
    assert fit_of(LARGE, "bf16", asked(1e9)).largest_n == 0


def test_it_loads_with_room_for_a_modest_number_of_answers() -> None:
    modest = memory_of(LARGE, "bf16", device="cuda", n=MODEST_N)
    assert fit_of(LARGE, "bf16", asked(modest)).loads
    assert not fit_of(LARGE, "bf16", asked(modest - 1)).loads


def test_nothing_is_suggested_where_it_loads() -> None:
    assert list(suggestions(LLAMA, LARGE, "bf16", asked(80e9))) == []


def test_a_narrower_precision_comes_first_then_a_sibling() -> None:
    shape = known(LLAMA).shape
    first, second = suggestions(LLAMA, shape, "bf16", asked(12e9))
    assert first.startswith("Take int8: it needs ")
    assert second.startswith("Take Llama 3.2 3B Instruct in bf16: it needs ")
    only = list(suggestions(LLAMA, shape, "nf4", asked(4e9)))
    assert [words.partition(":")[0] for words in only] == ["Take Llama 3.2 1B Instruct in bf16"]


def test_without_a_sibling_any_model_that_fits_is_named() -> None:
    (words,) = suggestions("somebody/huge", LARGE, "nf4", asked(1.8e9))
    assert words.startswith("Take Qwen3 0.6B in bf16")
    base = list(suggestions("allenai/OLMo-2-1124-7B", known(LLAMA).shape, "nf4", asked(1e9)))
    assert [words.partition(":")[0] for words in base] == ["Take SmolLM2 135M in bf16"]


def test_where_nothing_fits_nothing_is_suggested() -> None:
    assert list(suggestions(LLAMA, LARGE, "bf16", asked(1e8))) == []


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (2.7e8, "0.27 GB"),
        (1.02e9, "1 GB"),
        (9.96e9, "10 GB"),
        (1.606e10, "16 GB"),
        (0, "0 GB"),
        (1.44e7, "14 MB"),
        (3_400_000, "3.4 MB"),
    ],
)
def test_sizes_in_words(size, words) -> None:
    assert gigabytes(size) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(3_400_000, "3.4 million"), (134_515_008, "135 million"), (8_030_261_248, "8 billion")],
)
def test_parameters_in_words(count, words) -> None:
    assert parameter_count(count) == f"{words} parameters"
