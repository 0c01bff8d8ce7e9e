"""Several chats at once through every architecture, against one chat at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.schema import Message, ModelRef
from models.local import LocalModel, load_local
from tests.models.families import CONTEXT, FAMILIES, save_family
from tests.models.test_families import ASK, ENDLESS, GREEDY, SAMPLING, SEED, STATEFUL, long_question


@pytest.mark.parametrize("name", FAMILIES)
def test_chats_are_answered_together_as_they_are_one_by_one(name: str, tmp_path: Path) -> None:
    """Of several lengths, the same one twice, and one that leaves no room for a whole answer."""
    folder = save_family(tmp_path, name)
    model: LocalModel = load_local(ModelRef(str(folder), quantization="fp32"), device="cpu")
    chats = [ASK, [Message("user", "a boat")], ASK, [Message("user", "the sea " * 9)]]
    if name not in ENDLESS:
        chats.append(long_question(model, CONTEXT - 3))
    assert model._reads_together or name in STATEFUL
    for settings in (SAMPLING, GREEDY):
        how = {"decoding": settings, "seed": SEED}
        indices = [3 * place for place in range(len(chats))]
        found = {s.index: s for s in model.generate_each(chats, indices=indices, **how)}
        assert sorted(found) == indices
        for chat, index in zip(chats, indices, strict=True):
            [alone] = model.generate(chat, indices=[index], **how)
            assert found[index].token_ids == alone.token_ids
            assert found[index].call_id == alone.call_id
            np.testing.assert_allclose(found[index].logprobs, alone.logprobs, atol=1e-4)
