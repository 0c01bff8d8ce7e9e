"""Small runs for tests, made from texts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from data.schema import Condition, FinishReason, ModelRef, Run, RunData, RunState, Sample
from models.echo import HashEmbedder


def make_sample(index: int, text: str) -> Sample:
    return Sample(
        index=index,
        call_id=f"call-{index}",
        text=text,
        token_ids=tuple(range(len(text.split()))),
        logprobs=(-1.0,) * len(text.split()),
        entropies=(0.5,) * len(text.split()),
        finish=FinishReason.STOP,
    )


def make_run(keys: Sequence[str] = ("a",), *, n: int = 16, **changes) -> Run:
    fields = {
        "id": "0" * 32,
        "owner": "",
        "kind": "sampling",
        "prompt": "What now?",
        "conditions": tuple(Condition(k, f"Condition {k}", ModelRef("echo"), n=n) for k in keys),
        "seed": 7,
        "state": RunState.DONE,
        "created": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "embedder": "hash",
    }
    return Run(**(fields | changes))


def make_data(texts: Mapping[str, Sequence[str]], **changes) -> RunData:
    """A finished run in which condition k gave texts[k]."""
    rows = [(key, i, text) for key, said in texts.items() for i, text in enumerate(said)]
    vectors = HashEmbedder().embed([text for _, _, text in rows])
    run = make_run(tuple(texts), n=max(map(len, texts.values())), **changes)
    return RunData(
        run=run,
        keys=tuple(key for key, _, _ in rows),
        samples=tuple(make_sample(i, text) for _, i, text in rows),
        vectors=vectors,
        coordinates=vectors[:, :2].astype(np.float32),
    )
