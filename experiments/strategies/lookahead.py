"""Trees of answers: branch where the model wavers, look ahead, prune what says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data.errors import ModelError
from data.schema import FinishReason, Sample
from experiments.strategies.base import Method, Question, Setting, ShouldStop, shared, void
from models.base import LanguageModel
from models.trees import BranchingModel, Lookahead, Tree

_AGES = (1.0, 1.5, 2.5)  # times the first look: 20, 30 and 50 tokens in the paper


@dataclass(frozen=True, slots=True)
class Trees:
    """Answers that are the leaves of one tree per call.

    Attributes:
        ahead: when a tree branches and what it prunes.
    """

    ahead: Lookahead

    @property
    def size(self) -> int:
        """See `Way`."""
        return self.ahead.width

    def most_tokens(self, n: int, limit: int) -> int:
        """See `Way`. A place in a tree may be pruned and taken again at every token."""
        trees = -(-n // self.size)
        return trees * self.size * limit

    def draw(
        self,
        model: LanguageModel,
        question: Question,
        calls: Sequence[int],
        should_stop: ShouldStop,
    ) -> Iterator[Sample]:
        """See `Way`."""
        if not isinstance(model, BranchingModel):
            raise ModelError(
                f"{model.info.name} can’t go on in several ways from the middle of an answer.",
                "Choose a local model, or another way of asking.",
            )
        trees = model.branch(
            question.messages(),
            calls=calls,
            decoding=question.decoding,
            seed=question.seed,
            ahead=self.ahead,
            should_stop=should_stop,
        )
        for tree in trees:
            yield from _leaves(question, tree, question.places(tree.call, self.size))


def _leaves(question: Question, tree: Tree, places: range) -> Iterator[Sample]:
    spent, call_id = shared(tree.tokens, places), question.call_id(tree.call)
    for place, leaf in zip(places, tree.samples, strict=False):
        yield replace(leaf, index=place, call_id=call_id, spent=spent[place])
    for place in places[len(tree.samples) :]:
        yield void(place, call_id, FinishReason.MISSING, (), spent[place])


def _make(width: int, likely: float, close: float, look: int, differ: float) -> Trees:
    ages = tuple(round(times * look) for times in _AGES)
    return Trees(Lookahead(width, likely, close, ages, differ))


LOOKAHEAD = Method(
    name="lookahead",
    label="Lookahead trees",
    summary="Follows both tokens where the model wavers between two, and keeps the branches that "
    "come to differ.",
    rule="A branch that would take its likeliest token (probability $p_1$ at T = 1) gets a child "
    "by the second ($p_2$) where $p_2 > \\tau$ and $p_1 - p_2 < \\delta$, until the tree has k "
    "branches or 512 tokens. After 1, 1.5 and 2.5 times r tokens a child is dropped if its edit "
    "distance to its parent since their fork is below a share of these tokens. In a full tree "
    "tokens are drawn as usual, at the temperature above.",
    cost="What was dropped is paid too; what branches have in common is paid once.",
    cannot_tell="Answers of a tree depend on each other: measures that need independent answers "
    "are not shown, the others go by whole trees. Before they are full, all trees are the same. "
    "Where a model is sure of itself, trees stay small and places empty.",
    references=("Xing et al. 2025, LATR",),
    note="Thresholds are the paper’s for number puzzles. Whether a tree is full is asked anew at "
    "each token, so that a pruned place can be taken again.",
    needs="access to its cache in the middle of an answer, which servers don’t give",
    taught=True,
    settings=(
        Setting("width", "Branches per tree (k)", 8, 2, 32),
        Setting("likely", "Second token above (τ)", 0.25, 0.0, 0.5, step=0.01),
        Setting("close", "And closer than (δ)", 0.15, 0.01, 1.0, step=0.01),
        Setting("look", "Look ahead (r tokens)", 20, 1, 200),
        Setting("differ", "Must differ by (share)", 0.4, 0.0, 1.0, step=0.05),
    ),
    make=_make,
)
