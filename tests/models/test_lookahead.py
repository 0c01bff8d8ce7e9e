"""Trees of answers: branches equal fresh rows, and every rule shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from data.errors import MemoryBudgetError, ModelError
from data.schema import Decoding, FinishReason, Message
from models.continuation import Continuation, Engine, read_prompt
from models.decoding import ROW_BLOCK
from models.edits import edit_distance
from models.local import LocalModel
from models.lookahead import Grown, grow
from models.trees import BranchingModel, Lookahead
from models.truncation import draw
from tests.models.drawing import LIMIT, PROMPT, record_rows, request

# The tiny model is sure of nothing: with these it branches, and prunes some.
EAGER = Lookahead(width=6, likely=0.01, close=1.0, ages=(3, 5), differ=0.5)


def trees(engine: Engine, calls: int = 3, *, ahead: Lookahead = EAGER, **options) -> list[Grown]:
    return sorted(
        grow(engine, PROMPT, range(calls), request(**options), ahead), key=lambda t: t.call
    )


def fresh_logits(engine: Engine, tokens: tuple[int, ...]) -> list[torch.Tensor]:
    """Logits before each token, from rows that never branched."""
    prefill = read_prompt(engine, PROMPT)
    rows = Continuation(engine, prefill, rows=ROW_BLOCK, limit=LIMIT)
    found = [prefill.logits]
    for token in tokens[:-1]:
        found.append(rows.step(torch.full((ROW_BLOCK,), token))[:1])
    return found


def test_branches_equal_fresh_rows_to_the_bit(engine: Engine) -> None:
    leaves = [leaf for tree in trees(engine) for leaf in tree.leaves]
    assert len(leaves) > 6
    for leaf in leaves:
        for place, logits in enumerate(fresh_logits(engine, leaf.token_ids)):
            own = logits.float().log_softmax(-1)[0, leaf.token_ids[place]]
            assert leaf.logprobs[place] == float(own)
            entropy = draw(logits, torch.zeros(1, dtype=torch.float64), Decoding())[2]
            assert leaf.entropies[place] == float(entropy)


def test_branches_that_copy_a_repeated_cache_are_the_same(engine: Engine) -> None:
    """Where each row holds the prompt, too."""
    shared, repeated = trees(engine), trees(replace(engine, shares_prefix=False))
    assert [t.leaves[0].token_ids for t in shared] == [t.leaves[0].token_ids for t in repeated]
    assert [len(t.leaves) for t in shared] == [len(t.leaves) for t in repeated]


def test_a_tree_does_not_depend_on_the_others(engine: Engine) -> None:
    together = trees(engine, 4)
    for call in range(4):
        (alone,) = grow(engine, PROMPT, [call], request(), EAGER)
        assert alone == together[call]
    narrow = replace(request(), rows=EAGER.width)  # one tree at a time
    assert sorted(grow(engine, PROMPT, range(4), narrow, EAGER), key=lambda t: t.call) == together


def test_calls_and_seeds_differ_once_the_tree_is_full(engine: Engine) -> None:
    first, second, _ = trees(engine)
    assert first.leaves != second.leaves
    assert trees(engine, seed=8)[0].leaves != first.leaves
    assert trees(engine)[0] == first


def test_a_tree_without_branches_is_greedy_decoding_until_it_may_draw(engine: Engine) -> None:
    never = replace(EAGER, likely=1.0)
    (tree,) = trees(engine, 1, ahead=never)
    (leaf,) = tree.leaves
    for place, logits in enumerate(fresh_logits(engine, leaf.token_ids)):
        assert leaf.token_ids[place] == int(logits.argmax())
    assert tree.tokens == len(leaf.token_ids)
    (early,) = trees(engine, 1, ahead=replace(never, until=2))
    assert early.leaves[0].token_ids[:2] == leaf.token_ids[:2]
    assert early.leaves[0].token_ids != leaf.token_ids


def test_tokens_are_the_nodes_of_the_tree(engine: Engine) -> None:
    unpruned = replace(EAGER, ages=())
    for tree in trees(engine, ahead=unpruned):
        nodes = {leaf.token_ids[:n] for leaf in tree.leaves
                 for n in range(1, len(leaf.token_ids) + 1)}  # fmt: skip
        # Branches that draw the same after they forked differ at the fork, so no two nodes merge.
        assert tree.tokens == len(nodes)
        assert tree.tokens < sum(len(leaf.token_ids) for leaf in tree.leaves)


def test_pruned_branches_are_paid(engine: Engine) -> None:
    harsh = replace(EAGER, ages=(2,), differ=1.01)  # whoever gets two tokens old is dropped
    for tree in trees(engine, ahead=harsh):
        nodes = {leaf.token_ids[:n] for leaf in tree.leaves
                 for n in range(1, len(leaf.token_ids) + 1)}  # fmt: skip
        assert tree.tokens > len(nodes)
        assert len(tree.leaves) < EAGER.width


@pytest.mark.parametrize(
    "change",
    [
        {"width": 3},
        {"likely": 0.4},
        {"close": 0.001},
        {"differ": 1.01},
        {"until": 1},
    ],
    ids=str,
)
def test_every_rule_changes_the_tree(engine: Engine, change: dict) -> None:
    assert trees(engine, 1, ahead=replace(EAGER, **change)) != trees(engine, 1)


def test_ages_say_when_children_are_compared(engine: Engine) -> None:
    harsh = replace(EAGER, differ=1.01)
    found = [trees(engine, 1, ahead=replace(harsh, ages=ages)) for ages in ((), (2,), (4,))]
    assert found[0] != found[1] != found[2] != found[0]


def test_no_tree_is_wider_than_asked(engine: Engine) -> None:
    for width in (1, 2, 5):
        found = trees(engine, ahead=replace(EAGER, width=width))
        assert all(1 <= len(tree.leaves) <= width for tree in found)


def test_the_second_token_starts_each_child(engine: Engine) -> None:
    root = read_prompt(engine, PROMPT).logits[0].topk(2).indices.tolist()
    (tree,) = trees(engine, 1, ahead=replace(EAGER, width=2, ages=()))
    assert [leaf.token_ids[0] for leaf in tree.leaves] == root


def test_leaves_end_by_themselves_or_at_the_limit(engine: Engine) -> None:
    leaves = [leaf for tree in trees(engine, 6) for leaf in tree.leaves]
    assert {leaf.finish for leaf in leaves} == {FinishReason.STOP, FinishReason.LENGTH}
    for leaf in leaves:
        assert not engine.eos_ids & set(leaf.token_ids[:-1])
        ended = leaf.token_ids[-1] in engine.eos_ids
        assert ended == (leaf.finish is FinishReason.STOP)
        assert ended or len(leaf.token_ids) == LIMIT
    ends = replace(request(), has_ended=lambda tokens: len(tokens) == 3)
    (tree,) = grow(engine, PROMPT, [0], ends, EAGER)
    assert {len(leaf.token_ids) for leaf in tree.leaves} <= {1, 2, 3}


def test_a_stop_is_obeyed_within_one_token_step(engine: Engine, monkeypatch) -> None:
    rows = record_rows(engine, monkeypatch)
    stopped = replace(request(), should_stop=lambda: len(rows) >= 4)
    endless = replace(engine, eos_ids=frozenset())
    assert list(grow(endless, PROMPT, range(3), stopped, EAGER)) == []
    assert len(rows) == 4
    assert list(grow(engine, PROMPT, [], request(), EAGER)) == []


def test_memory_that_runs_out_halves_the_trees(engine: Engine, monkeypatch) -> None:
    whole = trees(engine, 4)
    record_rows(engine, monkeypatch, room=ROW_BLOCK)
    assert trees(engine, 4) == whole


def test_memory_for_no_tree_is_said(engine: Engine, monkeypatch) -> None:
    record_rows(engine, monkeypatch, room=1)
    with pytest.raises(MemoryBudgetError, match="one tree"):
        trees(engine, 2)


def test_numbers_that_are_none_are_said(engine: Engine, monkeypatch) -> None:
    record_rows(engine, monkeypatch, spoil=True)
    with pytest.raises(ModelError, match="not a number"):
        trees(engine, 1)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)],
)
def test_edit_distance(one: str, other: str, distance: int) -> None:
    assert edit_distance([*map(ord, one)], [*map(ord, other)]) == distance
    assert edit_distance([*map(ord, other)], [*map(ord, one)]) == distance


def test_a_local_model_grows_trees_of_samples(tiny: LocalModel) -> None:
    assert isinstance(tiny, BranchingModel)
    found = list(
        tiny.branch(
            (Message("user", "the sea"),), calls=[2, 5], decoding=Decoding(max_new_tokens=8),
            seed=3, ahead=EAGER,
        )
    )  # fmt: skip
    assert sorted(tree.call for tree in found) == [2, 5]
    for tree in found:
        assert {sample.call_id for sample in tree.samples} == {f"3-{tree.call}"}
        assert all(len(s.token_ids) == len(s.logprobs) <= 8 for s in tree.samples)
        assert np.isfinite([value for s in tree.samples for value in s.entropies]).all()
