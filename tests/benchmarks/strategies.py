"""Every strategy on the town, for the same tokens: what it finds, and what the app says it finds.

    python -m tests.benchmarks.strategies

For each topic and strategy the bundled model draws until the tokens are spent: once as the run
that is looked at, and again with other seeds as the reference. True are the ideas that answers read
back to; what reads back to none, as it is broken or belongs to another topic, is no good answer and
counts for nothing. The truth about a strategy is the number of ideas expected for these tokens,
from the reference alone. The app's estimate comes from the run alone: meanings found in the
embeddings of all strategies' answers together, counted by calls, with its interval.

It is made twice. First of all answers, as the app counts them without a quality gate: whatever is
broken is different too, so a strategy gains by its mistakes. Then of the good answers only, as
behind a gate that makes no mistakes; that is the same question as the truth's. Strategies of which
less than half of the places hold a good answer are ones that this model can't carry: they are
listed, but they count in no figure.

The line before the last tells the figures without a gate, the last those behind it:
`rank_correlation=…`, Spearman's over the strategies' mean truth and mean estimate,
`interval_coverage=…`, the share of strategies and topics whose interval holds the truth, and
`strategies=…`, how many of them there were.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, spearmanr

from data.schema import MAX_SAMPLES, MIN_SAMPLES, Condition, Decoding, ModelRef, Sample
from data.town import load_town, read_back
from data.town.prompts import names_of
from data.town.town import Topic
from experiments.sampling import SamplingExperiment
from experiments.strategies.registry import METHODS, strategy
from metrics.calls import calls_per_class, distinct_in_calls, distinct_in_calls_estimate
from metrics.partition import cut, meaning_tree
from metrics.uncertainty import Estimate
from models.base import LanguageModel
from models.embedding import load_embedder
from models.local import load_local
from models.registry import BUNDLED_ID

LIMIT = 48  # tokens of one answer
TYPICAL = 22  # tokens of a plain answer
PILOT = 8
TURN = 64  # answers
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
CARRIED = 0.5  # of the places hold a good answer
ROW = "{:>20} {:>7} {:>7} {:>8} {:>15} {:>6} {:>8} {:>15} {:>6} {:>6} {:>6} {:>7}"
HEAD = (
    "strategy", "truth", "found", "all", "interval", "holds", "gated", "interval", "holds",
    "good", "empty", "tok/ans",
)  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """Draws of one strategy on one topic.

    Attributes:
        samples: of all its calls, empty places included.
        ideas: of each sample; None where it reads back to none.
    """

    samples: tuple[Sample, ...]
    ideas: tuple[str | None, ...]

    @property
    def calls(self) -> int:
        return len({sample.call_id for sample in self.samples})

    @property
    def tokens(self) -> int:
        return sum(sample.cost for sample in self.samples)

    def bought(self, tokens: int) -> float:
        """Calls that these tokens buy, all of them at most."""
        return min(self.calls * tokens / self.tokens, float(self.calls))

    def true_distinct(self, tokens: int) -> float:
        good = [(i, s.call_id) for i, s in zip(self.ideas, self.samples, strict=True) if i]
        counts = calls_per_class([i for i, _ in good], [call for _, call in good])
        return distinct_in_calls(counts, total=self.calls, t=self.bought(tokens))

    def counted(self, *, gated: bool) -> list[Sample]:
        """The answers that count: behind the gate only those that read back."""
        return [
            sample
            for sample, idea in zip(self.samples, self.ideas, strict=True)
            if (idea is not None if gated else sample.answered)
        ]

    def estimate(self, labels: Sequence[int], tokens: int, *, gated: bool) -> Estimate:
        """The app's, from the labels of the answers that count."""
        calls = [sample.call_id for sample in self.counted(gated=gated)]
        return distinct_in_calls_estimate(
            calls_per_class(labels, calls),
            total=self.calls,
            t=self.bought(tokens),
            rng=np.random.default_rng(1),
        )

    def share(self, values: Sequence[bool]) -> float:
        return sum(values) / len(self.samples)


@dataclass(frozen=True)
class Cell:
    """One strategy on one topic."""

    truth: float
    found: float
    everything: Estimate
    gated: Estimate
    good: float
    empty: float
    per_answer: float

    def holds(self, which: str) -> bool:
        estimate: Estimate = getattr(self, which)
        return estimate.low <= self.truth <= estimate.high


def main() -> None:
    """Run everything that is asked for and print it."""
    options = _options()
    model, embedder = load_local(ModelRef(BUNDLED_ID), device="cpu"), load_embedder()
    cells: dict[str, list[Cell]] = {name: [] for name in options.strategies}
    for number, topic_id in enumerate(options.topics):
        start, topic = time.perf_counter(), load_town().topics[topic_id]
        runs, references = {}, {}
        for name in options.strategies:
            seed = 1000 * options.seed + 10 * number
            runs[name] = pool(model, topic, name, options.tokens, [seed])
            more = range(seed + 1, seed + 1 + options.reference)
            references[name] = pool(model, topic, name, options.tokens, more)
        every = meanings(embedder.embed, runs, gated=False)
        good = meanings(embedder.embed, runs, gated=True)
        for name in options.strategies:
            known = runs[name], references[name], every[name], good[name]
            cells[name].append(cell(*known, options.tokens))
        print(f"{topic_id}: {time.perf_counter() - start:.0f} s", flush=True)
    report(cells, options.tokens)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    topics = sorted(load_town().topics)
    parser.add_argument("--topics", nargs="+", default=topics[:: len(topics) // 12][:12])
    parser.add_argument("--strategies", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--tokens", type=int, default=1000, help="for each run")
    parser.add_argument("--reference", type=int, default=2, help="runs behind each truth")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def pool(model: LanguageModel, topic: Topic, name: str, tokens: int, seeds: Sequence[int]) -> Pool:
    """Draw under each seed until the tokens are spent; whole portions, whoever ends first."""
    samples = [
        s for seed in seeds for s in spend(experiment(topic, name, tokens, seed), model, tokens)
    ]
    return Pool(tuple(samples), tuple(idea_of(sample, topic) for sample in samples))


def experiment(topic: Topic, name: str, tokens: int, seed: int) -> SamplingExperiment:
    """One condition that asks the topic's first question; enough answers for the tokens."""
    people = [names_of(group)["a_one"] for group in load_town().groups.values()]
    settings = {
        "roles": {"given": [f"You are {who} of Saltmere." for who in people]},
        "paraphrases": {"given": list(topic.questions)},
        "adaptive": {"pilot": PILOT, "strength": 0.5},
        "lookahead": {"look": 6, "likely": 0.1, "close": 0.3},
        "valued": {"words": ("sailing 1", "boats 1", "quota -1"), "strength": 3.0},
    }
    # The pilot is paid once per run, so an adaptive run must not be cut short.
    whole = max(tokens // TYPICAL - PILOT, MIN_SAMPLES)
    n = whole if name == "adaptive" else min(max(tokens // 5, MIN_SAMPLES), MAX_SAMPLES)
    condition = Condition(
        "a", name, ModelRef(BUNDLED_ID), Decoding(max_new_tokens=LIMIT), n=n,
        strategy=strategy(name, settings.get(name)),
    )  # fmt: skip
    return SamplingExperiment(topic.questions[0], (condition,), seed)


def spend(asked: SamplingExperiment, model: LanguageModel, tokens: int) -> list[Sample]:
    """Turns until the tokens are spent or all answers are there."""
    samples: list[Sample] = []
    for turn in asked.turns({}, lambda: TURN):
        samples += [event.sample for event in turn.work(model, lambda: False)]
        if sum(sample.cost for sample in samples) >= tokens:
            break
    return samples


def idea_of(sample: Sample, topic: Topic) -> str | None:
    """The idea of an answer, or of a list's entry, which is bare of everything else."""
    reading = read_back(sample.text, topic)
    if reading is not None:
        return reading.idea
    bare = sample.text.strip().rstrip(".").casefold()
    return next((i.id for i in topic.ideas if bare in {say.casefold() for say in i.say}), None)


def meanings(
    embed: Embed, runs: Mapping[str, Pool], *, gated: bool
) -> dict[str, NDArray[np.int64]]:
    """Labels of each strategy's answers that count, found over all of them together."""
    texts = {n: [s.text for s in p.counted(gated=gated)] for n, p in runs.items()}
    every = list(dict.fromkeys(text for own in texts.values() for text in own))
    place = {text: row for row, text in enumerate(every)}
    vectors = embed(every)
    rows = [place[text] for own in texts.values() for text in own]
    labels = cut(meaning_tree(vectors[rows]))
    ends = np.cumsum([len(own) for own in texts.values()])
    return dict(zip(texts, np.split(labels, ends[:-1]), strict=True))


def cell(
    run: Pool,
    reference: Pool,
    every: NDArray[np.int64],
    good: NDArray[np.int64],
    tokens: int,
) -> Cell:
    """What is true, found and said of one strategy on one topic."""
    answered = sum(sample.answered for sample in run.samples)
    return Cell(
        truth=reference.true_distinct(tokens),
        found=run.true_distinct(tokens),
        everything=run.estimate(every.tolist(), tokens, gated=False),
        gated=run.estimate(good.tolist(), tokens, gated=True),
        good=run.share([idea is not None for idea in run.ideas]),
        empty=run.share([not sample.answered for sample in run.samples]),
        per_answer=run.tokens / max(answered, 1),
    )


def report(cells: Mapping[str, Sequence[Cell]], tokens: int) -> None:
    """The table, then the figures over what the model can carry."""
    topics = len(next(iter(cells.values())))
    print(f"\n{topics} topics, {tokens} tokens each; means over topics")
    print(ROW.format(*HEAD))
    for name, own in sorted(cells.items(), key=lambda each: -_mean(c.truth for c in each[1])):
        print(ROW.format(name, *_columns(own)))
    carried = {n: own for n, own in cells.items() if _mean(c.good for c in own) >= CARRIED}
    left = ", ".join(name for name in cells if name not in carried) or "none"
    print(f"\nNot carried by this model, in no figure: {left}")
    _figures(carried)


def _columns(own: Sequence[Cell]) -> list[str]:
    return [
        f"{_mean(c.truth for c in own):.2f}",
        f"{_mean(c.found for c in own):.2f}",
        *_told(own, "everything"),
        *_told(own, "gated"),
        f"{_mean(c.good for c in own):.2f}",
        f"{_mean(c.empty for c in own):.2f}",
        f"{_mean(c.per_answer for c in own):.1f}",
    ]


def _told(own: Sequence[Cell], which: str) -> list[str]:
    estimates: list[Estimate] = [getattr(c, which) for c in own]
    low, high = _mean(e.low for e in estimates), _mean(e.high for e in estimates)
    return [
        f"{_mean(e.value for e in estimates):.2f}",
        f"{low:.1f}–{high:.1f}",
        f"{_mean(c.holds(which) for c in own):.2f}",
    ]


def _figures(carried: Mapping[str, Sequence[Cell]]) -> None:
    truths = [_mean(c.truth for c in own) for own in carried.values()]
    for which, said in (("everything", "without a gate: "), ("gated", "")):
        estimates = [_mean(getattr(c, which).value for c in own) for own in carried.values()]
        held = [c.holds(which) for own in carried.values() for c in own]
        ends = binomtest(sum(held), len(held)).proportion_ci(method="wilson")
        print(f"coverage, {which}, Wilson 95 %: {ends.low:.3f}–{ends.high:.3f} of {len(held)}")
        rank = float(spearmanr(truths, estimates).statistic)
        figures = f"rank_correlation={rank:.3f} interval_coverage={sum(held) / len(held):.3f}"
        print(f"{said}{figures} strategies={len(carried)}")


def _mean(values: Iterable[float]) -> float:
    return float(np.mean([float(value) for value in values]))


if __name__ == "__main__":
    main()
