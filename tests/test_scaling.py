"""The page on scaling says what its formulas give."""

from __future__ import annotations

import re

import pytest

from docs.scaling_table import (
    LLAMA_8B,
    MODELS,
    PAGE,
    PLANS,
    Hardware,
    ceiling,
    memory_table,
    most_at_once,
    needed,
    speed_table,
    step_bytes,
    with_tables,
)

TEXT = PAGE.read_text("utf-8")
CARD = Hardware("a card", 16 * 2**30, 300e9)


def test_tables_are_those_of_the_formulas():
    assert with_tables(TEXT) == TEXT, "Run: python -m docs.scaling_table"


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="Expected the page to hold"):
        with_tables("# Scaling\n")


def test_rows_and_columns():
    for table, rows in ((memory_table(), len(MODELS)), (speed_table(), len(PLANS))):
        lines = table.splitlines()
        assert len(lines) == 2 + rows
        assert len({line.count("|") for line in lines}) == 1


def test_a_step_by_hand():
    # Llama 3.1 8B in bf16: 8.030e9 parameters less an embedding table of 4096 × 128256, 2 bytes
    # each; a token's cache 2 × 32 × 1024 × 2 = 131,072 bytes, of 1,000 + 64 × 128 tokens.
    weights = 2 * (8.030e9 - 4096 * 128256)
    expected = weights + 131_072 * (1000 + 64 * 128)
    assert step_bytes(LLAMA_8B, "bf16", 64) == pytest.approx(expected, rel=1e-6)
    assert ceiling(CARD, LLAMA_8B, "bf16", 64) == pytest.approx(64 * 300e9 / expected, rel=1e-6)


def test_more_devices_and_more_answers_are_faster_and_need_more():
    two = Hardware("two cards", CARD.memory, CARD.bandwidth, devices=2)
    assert ceiling(two, LLAMA_8B, "bf16", 16) == 2 * ceiling(CARD, LLAMA_8B, "bf16", 16)
    assert ceiling(CARD, LLAMA_8B, "nf4", 16) > ceiling(CARD, LLAMA_8B, "bf16", 16)
    speeds = [ceiling(CARD, LLAMA_8B, "nf4", n) for n in (1, 16, 64, 256)]
    assert speeds == sorted(speeds)
    # A row of a crowd costs more than its share of the reading: twice the rows, less than twice.
    assert speeds[2] < 64 * speeds[0]


def test_what_fits_is_what_memory_holds():
    most = most_at_once(CARD, LLAMA_8B, "nf4")
    assert (
        needed(CARD, LLAMA_8B, "nf4", most) <= CARD.memory < needed(CARD, LLAMA_8B, "nf4", most + 1)
    )
    assert 0 < most_at_once(CARD, LLAMA_8B, "bf16") < most
    assert most_at_once(CARD, LLAMA_8B, "fp32") == 0  # its weights alone are larger


def test_every_setting_that_the_page_names_is_read_somewhere():
    named = set(re.findall(r"CHORALE_[A-Z_]+", TEXT))
    assert named == {
        "CHORALE_SERVER_URL", "CHORALE_MODEL", "CHORALE_SERVER_KEY", "CHORALE_SERVER_PARALLEL",
        "CHORALE_SERVER_N",
    }  # fmt: skip
