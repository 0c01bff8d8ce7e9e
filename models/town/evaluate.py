"""Hold the bundled model against the town: `python -m models.town.evaluate`.

Only wordings the model has never seen are asked, at temperature 1 without truncation.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.schema import Message
from data.town import Topic, idea_distribution, load_town, prompts, read_back
from models.town import WEIGHTS

UNREADABLE = ""  # its true share is 0, so that unreadable answers count as distance


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a mean over n samples or topics and its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    n: int
    unit: str


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How one kind of asking came out.

    Attributes:
        readable: per sample, whether it reads back to an idea of the asked topic.
        distances: per topic, total variation between the sampled and the true distribution.
        floors: per topic, its expectation for as many honest draws from the truth.
        styles: per readable sample, whether it has the style asked for.
    """

    readable: Sequence[bool]
    distances: Sequence[float]
    floors: Sequence[float]
    styles: Sequence[bool]


class TownModel:
    """The weights behind plain `transformers.generate`, independent of the app's engine."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.manual_seed(seed)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)

    def answers(self, system: str, user: str, n: int) -> list[str]:
        """Draw n answers at temperature 1."""
        messages = [Message("system", system)] if system else []
        chat = [
            {"role": message.role, "content": message.content}
            for message in [*messages, Message("user", user)]
        ]
        prompt = self.tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        drawn = self.model.generate(
            **prompt, do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
            num_return_sequences=n, max_new_tokens=64,
        )  # fmt: skip
        start = prompt["input_ids"].shape[1]
        texts: list[str] = self.tokenizer.batch_decode(drawn[:, start:], skip_special_tokens=True)
        return texts


def fidelity(
    model: TownModel, rng: np.random.Generator, *, draws: int, personas: bool, styles: bool = False
) -> Fidelity:
    """Ask every topic in its held-out phrasings, each with an equal share of the draws."""
    readable, distances, floors, right = [], [], [], []
    groups = list(load_town().groups)
    for index, topic in enumerate(load_town().topics.values()):
        group = groups[index % len(groups)] if personas else None
        style = list(load_town().styles)[1 + index % 5] if styles else "plain"
        texts = _ask(model, topic, group, style, draws, rng)
        readings = [read_back(text, topic) for text in texts]
        readable += [reading is not None for reading in readings]
        right += [reading.style == style for reading in readings if reading]
        counts = Counter(reading.idea if reading else UNREADABLE for reading in readings)
        truth = idea_distribution(topic, group)
        distances.append(total_variation(counts, truth))
        floors.append(honest_floor(truth, len(texts), rng))
    return Fidelity(readable, distances, floors, right)


def total_variation(counts: Mapping[str, int], truth: Mapping[str, float]) -> float:
    """Half the summed absolute differences between observed shares and the truth, in [0, 1]."""
    n = sum(counts.values())
    names = set(counts) | set(truth)
    return 0.5 * sum(abs(counts.get(name, 0) / n - truth.get(name, 0.0)) for name in names)


def honest_floor(
    truth: Mapping[str, float], n: int, rng: np.random.Generator, *, repeats: int = 400
) -> float:
    """Expected total variation of n independent draws from the truth itself."""
    shares = np.array(list(truth.values()))
    drawn = rng.multinomial(n, shares, size=repeats) / n
    return float(0.5 * np.abs(drawn - shares).sum(axis=1).mean())


def off_topic(model: TownModel, rng: np.random.Generator, *, n: int) -> list[bool]:
    """Whether each of n unseen off-topic questions is answered by saying so."""
    known = set(prompts.off_topic_answers())
    asked = (prompts.off_topic_question(rng, held_out=True) for _ in range(n))
    return [model.answers("", question, 1)[0] in known for question in asked]


def share(name: str, hits: Sequence[bool]) -> Row:
    """A proportion with its Wilson score interval."""
    n, p, z = len(hits), float(np.mean(hits)), 1.96
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Row(name, p, centre - half, centre + half, n, "samples")


def mean(name: str, values: Sequence[float]) -> Row:
    """A mean over topics with its normal interval."""
    half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    centre = float(np.mean(values))
    return Row(name, centre, centre - half, centre + half, len(values), "topics")


def evaluate(model: TownModel, *, seed: int, draws: int, asked_off_topic: int) -> dict[str, Row]:
    """All figures of the model card by name."""
    rng = np.random.default_rng(seed)
    town = fidelity(model, rng, draws=draws, personas=False)
    persona = fidelity(model, rng, draws=draws, personas=True)
    styled = fidelity(model, rng, draws=max(4, draws // 5), personas=False, styles=True)
    rows = [
        share("readable", town.readable),
        share("readable_persona", persona.readable),
        share("readable_style", styled.readable),
        mean("tv", town.distances),
        mean("tv_floor", town.floors),
        mean("tv_persona", persona.distances),
        mean("tv_persona_floor", persona.floors),
        share("style", styled.styles or [False]),
        share("off_topic", off_topic(model, rng, n=asked_off_topic)),
    ]
    return {row.name: row for row in rows}


def lines(rows: Mapping[str, Row]) -> Iterator[str]:
    """The table, then the figures once more in one line."""
    yield f"{'figure':<18}{'value':>8}{'95 % interval':>18}{'n':>7}"
    for row in rows.values():
        interval = f"{row.low:.3f}–{row.high:.3f}"
        yield f"{row.name:<18}{row.value:>8.3f}{interval:>18}{row.n:>7} {row.unit}"
    names = ("readable", "tv", "tv_floor", "tv_persona", "off_topic")
    yield " ".join(f"{name}={rows[name].value:.3f}" for name in names)


def _ask(
    model: TownModel, topic: Topic, group: str | None, style: str, n: int, rng: np.random.Generator
) -> list[str]:
    texts: list[str] = []
    for number, user in enumerate(topic.held_out):
        system = prompts.asked_style(style, rng, held_out=True)
        if group is not None:
            system = f"{prompts.persona(group, rng, held_out=True)} {system}".strip()
        part = n // len(topic.held_out) + (number < n % len(topic.held_out))
        texts += model.answers(system, user, part)
    return texts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m models.town.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--draws", type=int, default=100, help="per topic")
    parser.add_argument("--off-topic", type=int, default=200, help="questions asked")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    figures = evaluate(
        TownModel(options.weights, seed=options.seed),
        seed=options.seed,
        draws=options.draws,
        asked_off_topic=options.off_topic,
    )
    print("\n".join(lines(figures)))
