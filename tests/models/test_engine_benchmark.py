"""The parts of `tests.benchmarks.engine` that could flatter us."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch

from tests.benchmarks.engine import (
    BEGIN,
    END,
    Cell,
    Sizes,
    floor_share,
    rows,
    summary,
    timed,
    write_tables,
)
from tests.benchmarks.machine import floor_bytes, parameters
from tests.benchmarks.peers import Ask, ways
from tests.benchmarks.random_models import random_engine

ROOT = Path(__file__).parents[2]
ASK = Ask(list(range(10)), n=4, tokens=8)


@pytest.fixture(scope="module", params=["fp32", "nf4"])
def measured(request: pytest.FixtureRequest) -> tuple[str, object]:
    return request.param, random_engine("llama-tiny", request.param, "cpu")


def test_the_floor_counts_what_a_step_must_read(measured) -> None:
    precision, engine = measured
    # Two layers of q and o 64², k and v 32 × 64, three of 64 × 128, and two norms of 64; a last
    # norm; the head, 512 × 64. The table of the same size is not read.
    products = 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 64 * 128)
    rest = 2 * 2 * 64 + 64 + 512 * 64
    assert parameters(engine.model) == products + rest + 512 * 64
    weights = 4 * (products + rest) if precision == "fp32" else products / 2 + 2 * rest
    # A token is 2 × 2 layers × 32 numbers; 10 of the prompt, and half of 4 × 8.
    a_token = 2 * 2 * 32 * (4 if precision == "fp32" else 2)
    assert floor_bytes(engine.model, ASK) == weights + a_token * (10 + 16)


def test_the_share_is_the_floor_over_the_time_of_a_step(measured) -> None:
    _, engine = measured
    cell = Cell(ASK, "engine", seconds=[4.0, 2.0, 1.0])
    assert cell.rate == 16  # 32 tokens in the median 2 s: 8 steps of 0.25 s
    speed = floor_bytes(engine.model, ASK)  # so a step's floor is 1 s
    assert floor_share(engine, cell, speed) == pytest.approx(1 / 0.25)


def test_what_was_left_out_is_said(measured) -> None:
    _, engine = measured
    sizes = Sizes(prompts=(10,), counts=(2, 4), tokens=8)
    cells = [
        Cell(Ask(ASK.prompt, 2, 8), "engine", seconds=[1.0]),
        Cell(ASK, "engine", seconds=[1.0]),
        Cell(ASK, "generate", why="left out: it would take about 99 s"),
    ]
    line = summary("cpu", engine, cells, sizes, 1e9)
    assert re.fullmatch(
        r"device=cpu vs_generate_64=nan vs_vllm_64=nan floor_share_16=[\d.]+ long_prompt_ratio=nan",
        line,
    )
    table = rows(engine, cells, 1e9)
    assert table[2][3] == "left out: it would take about 99 s"
    assert len({len(row) for row in table}) == 1


def test_a_way_that_draws_less_is_refused() -> None:
    with pytest.raises(SystemExit, match="Expected 32 tokens to be drawn but there were 31"):
        timed(lambda: 31, 32)
    assert math.isnan(Cell(ASK, "engine").rate)


def test_ways_draw_what_they_are_asked_for() -> None:
    torch.manual_seed(0)
    engine = random_engine("llama-tiny", "fp32", "cpu")
    found = ways(engine)
    for name in ("engine", "generate"):
        assert found[name].draw(ASK) == 32
    first = found["engine"].first
    assert first is not None
    assert first(ASK) > 0


def test_tables_go_between_the_markers_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((ROOT / "docs" / "performance.md").read_text("utf-8"), "utf-8")
    write_tables(page, "| a |\n")
    text = page.read_text("utf-8")
    assert text.count(f"{BEGIN}\n| a |\n{END}\n") == 1
    assert text.startswith("# How fast the engine is")
    assert "## On a GPU" in text
    write_tables(tmp_path / "new.md", "| a |\n")
    assert (tmp_path / "new.md").read_text("utf-8") == "| a |\n"
