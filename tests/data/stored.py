"""Runs and samples to keep in a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from data.schema import (
    Condition,
    Decoding,
    FinishReason,
    ModelRef,
    Run,
    RunState,
    Sample,
    Strategy,
)


def a_run(number: int = 1, owner: str = "ann", **changes: object) -> Run:
    run = Run(
        id=f"{number:032x}",
        owner=owner,
        kind="sampling",
        prompt="What should the harbour become?",
        conditions=(
            Condition("a", "Plain", ModelRef("echo"), n=8),
            Condition(
                "b",
                "Hot",
                ModelRef("echo", "main", "int8"),
                Decoding(1.5, 0.9, 40, 0.05, 7, stop=("\n\n", 'a "quay" \\ \x00\ud800')),
                system="You are a fisher.",
                n=16,
                strategy=Strategy(
                    "roles", (("roles", ("a \ud800", "b")), ("answers", 3), ("x", 0.5))
                ),
                choir=(ModelRef("o/m", "main", "nf4"), ModelRef("echo")),
            ),
        ),
        seed=2**70 + 3,
        state=RunState.RUNNING,
        created=datetime(2026, 1, 1, 12, 0, number, 17, tzinfo=UTC),
    )
    return replace(run, **changes)


def a_sample(index: int, text: str = "a pier") -> Sample:
    return Sample(
        index, f"c{index}", text, (5, 2**40), (-0.1, -1 / 3), (0.2, 0.0), FinishReason.STOP
    )
