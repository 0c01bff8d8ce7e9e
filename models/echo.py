"""A deterministic model and embedder without weights, for tests and for trying the screen."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelError, PromptError
from data.schema import Decoding, FinishReason, Message, ModelRef, Sample
from models.base import Answers, Distributions, Divergence, ModelInfo
from models.chat_by_chat import ChatByChat
from models.echo_script import Script
from models.spelling import check_choices

CONTEXT = 512
VOCABULARY = 1000
END = 1  # the token that ends an answer
LAYERS, WIDTH = 2, 16
SCRIPT = (
    "I would walk along the harbour and count the boats.",
    "Perhaps we could bake bread for the whole street.",
    "Ask the oldest neighbour what this place was like before.",
    "Plant three apple trees behind the school.",
    "Honestly, I would rather stay at home and read.",
    "Paint every door in a different colour.",
    "Start a choir that anybody may join.",
    "Repair old bicycles and lend them to visitors.",
    "Leave it as it is; nothing needs to change.",
    "Build a small library inside the ferry.",
    "Count the stars on the first clear night.",
    "Teach the children how to mend a net.",
)
_STEP_DELAYS = {"slow": 0.1}  # seconds per token
_FAIL_AFTER = 3  # samples
_LIST = 4  # sentences


class EchoModel(ChatByChat):
    """Answers with sentences of a script, chosen by hash of seed, index and settings.

    Temperature widens the choice: at 0 the first sentence of the prompt's own order is the only
    answer; with growing temperature the later ones become as likely as the first.

    Args:
        ref: "echo" answers at once, "echo:slow" token by token, "echo:list" with several sentences
            as a list, "echo:fail" raises a ModelError after three answers, "echo:crash" a
            RuntimeError. A "#" and any word after it make another that does the same ("echo#two").
        script: the sentences.
        step_delay: seconds per token step; by default what the id asks for.

    Raises:
        ModelError: the id names no behaviour.
    """

    def __init__(
        self,
        ref: ModelRef | None = None,
        *,
        script: Sequence[str] = SCRIPT,
        step_delay: float | None = None,
    ) -> None:
        self._ref = ref or ModelRef("echo")
        self._behaviour = self._ref.id.partition("#")[0].removeprefix("echo").removeprefix(":")
        if self._behaviour not in ("", "slow", "list", "fail", "crash"):
            raise ModelError(
                f"There is no echo model called “{self._ref.id}”.",
                "Choose echo, echo:slow, echo:list, echo:fail or echo:crash.",
            )
        self._script = tuple(script)
        self._delay = _STEP_DELAYS.get(self._behaviour, 0.0) if step_delay is None else step_delay

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        return ModelInfo(
            ref=self._ref,
            name="Echo",
            parameters=0,
            context=CONTEXT,
            device="none",
            has_chat_template=True,
            notes=("It recites a script: for tests only.",),
        )

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Words of the prompt, and one token around each message."""
        return sum(len(message.content.split()) + 1 for message in messages)

    def generate(
        self,
        messages: Sequence[Message],
        *,
        indices: Sequence[int],
        decoding: Decoding,
        seed: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Sample]:
        """Draw one answer per index; see `models.base.LanguageModel`.

        Rows advance together, one word per step, and are yielded as they end, shortest first.
        """
        self._check(messages)
        drawn = [self._draw(messages, index, decoding, seed) for index in indices]
        done = 0
        for step in range(1, max((len(s.token_ids) for s in drawn), default=0) + 1):
            if should_stop():
                return
            if self._delay:
                time.sleep(self._delay)
            for sample in drawn:
                if len(sample.token_ids) == step:
                    self._misbehave(done)
                    yield sample
                    done += 1

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """One token per word, the same for the same word."""
        return tuple(_token(word) for word in text.split())

    def score(self, messages: Sequence[Message], answers: Answers) -> list[NDArray[np.float64]]:
        """Log-probabilities under the script at T = 1; see `models.echo_script`."""
        script = self._checked_script(messages, answers)
        return [script.logprobs(answer) for answer in answers]

    def divergence(
        self, messages: Sequence[Message], other: Sequence[Message], answers: Answers
    ) -> list[Divergence]:
        """Of the script under one prompt's order against that under another's."""
        first = self._checked_script(messages, answers)
        second = self._checked_script(other, answers)
        return [first.divergence(second, answer) for answer in answers]

    def distributions(self, messages: Sequence[Message], answers: Answers) -> Distributions:
        """The script's distributions, one piece per answer."""
        script = self._checked_script(messages, answers)
        told = ((i, answer) for i, answer in enumerate(answers) if len(answer))
        return ((i, 0, script.along(answer).astype(np.float32)) for i, answer in told)

    def choice_probabilities(
        self, chats: Sequence[Sequence[Message]], choices: Sequence[str]
    ) -> NDArray[np.float64]:
        """Probability that a sentence begins with the words of each choice."""
        check_choices(choices)
        words = [self.answer_ids(choice) for choice in choices]
        rows = [[logprobs.sum() for logprobs in self.score(chat, words)] for chat in chats]
        return np.exp(np.array(rows).reshape(len(chats), len(choices)))

    def hidden_states(
        self, messages: Sequence[Message], answers: Answers, *, layers: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Means of unit-variance vectors that layer, prompt and token fix by their hash.

        Two layers of 16 numbers. Each token adds its own vector to one that the prompt has, so
        answers to one prompt lie together and so do answers of the same words.
        """
        self._checked_script(messages, answers)
        chosen = range(LAYERS) if layers is None else layers
        if not all(-LAYERS <= layer < LAYERS for layer in chosen):
            raise ModelError(f"Echo has no layer {list(chosen)}.", f"It has {LAYERS}, from 0 on.")
        prompt = _joined(messages)
        rows = [[_state(prompt, answer, layer % LAYERS) for layer in chosen] for answer in answers]
        return np.array(rows, np.float32).reshape(len(answers), len(chosen), WIDTH)

    def _checked_script(self, messages: Sequence[Message], answers: Answers) -> Script:
        self._check(messages)
        if any(not 0 <= token < VOCABULARY for answer in answers for token in answer):
            raise ModelError("An answer holds tokens that Echo doesn't know.", "Use answer_ids.")
        if self.count_tokens(messages) + max(map(len, answers), default=0) > CONTEXT:
            raise PromptError(
                f"Prompt and answer are longer than the {CONTEXT} tokens that Echo reads.",
                "Shorten them.",
            )
        ranked = self._ranked(_joined(messages))
        sentences = tuple((*self.answer_ids(text), END) for text in ranked)
        return Script(sentences, _geometric(len(ranked), 1.0), VOCABULARY)

    def _ranked(self, prompt: str) -> list[str]:
        return sorted(self._script, key=lambda text: _uniform("rank", prompt, text))

    def _check(self, messages: Sequence[Message]) -> None:
        if not any(m.content.strip() for m in messages if m.role != "system"):
            raise PromptError("The prompt is empty.", "Type a question first.")
        length = self.count_tokens(messages)
        if length >= CONTEXT:
            raise PromptError(
                f"The prompt has {length} tokens, but this model reads at most {CONTEXT}.",
                "Shorten it, or choose a model with a longer context.",
            )

    def _misbehave(self, done: int) -> None:
        if done < _FAIL_AFTER:
            return
        if self._behaviour == "fail":
            raise ModelError("The echo model failed, as it was asked to.", "Choose “echo”.")
        if self._behaviour == "crash":
            raise RuntimeError("The echo model crashed, as it was asked to.")

    def _draw(
        self, messages: Sequence[Message], index: int, decoding: Decoding, seed: int
    ) -> Sample:
        prompt = _joined(messages)
        chance = _uniform("draw", prompt, str(seed), str(index), repr(decoding.temperature))
        ranked = self._ranked(prompt)
        weights = _geometric(len(ranked), decoding.temperature)
        place = int(np.searchsorted(np.cumsum(weights), chance, side="right"))
        words = self._said(ranked, min(place, len(ranked) - 1)).split(" ")
        finish = FinishReason.STOP
        if len(words) + 1 > decoding.max_new_tokens:
            words, finish = words[: decoding.max_new_tokens], FinishReason.LENGTH
        tokens = tuple(map(_token, words))
        tokens += (END,) if finish is FinishReason.STOP else ()
        return Sample(
            index=index,
            call_id=f"{seed:x}-{index}",
            text=" ".join(words),
            token_ids=tokens,
            # The first word decides the sentence, so it carries all of the surprise.
            logprobs=(math.log(weights[min(place, len(ranked) - 1)]), *[0.0] * (len(tokens) - 1)),
            entropies=(_entropy(weights), *[0.0] * (len(tokens) - 1)),
            finish=finish,
        )

    def _said(self, ranked: Sequence[str], place: int) -> str:
        if self._behaviour != "list":
            return ranked[place]
        following = (*ranked[place:], *ranked[:place])[:_LIST]
        return "\n".join(f"{number}. {text}" for number, text in enumerate(following, start=1))


class HashEmbedder:
    """Places texts by their hashed words: the same words give the same place; no weights.

    Args:
        dimensions: d of the vectors.
    """

    def __init__(self, dimensions: int = 64) -> None:
        self._dimensions = dimensions

    @property
    def id(self) -> str:
        """Name and revision."""
        return f"hash-{self._dimensions}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalised rows, shape (len(texts), dimensions)."""
        rows = np.stack([self._row(text) for text in texts]) if texts else np.zeros((0, 1))
        return rows.reshape(len(texts), self._dimensions).astype(np.float32)

    def _row(self, text: str) -> NDArray[np.float64]:
        row = np.zeros(self._dimensions)
        for word in text.lower().split() or [""]:
            seed = int.from_bytes(hashlib.sha256(word.encode(errors="replace")).digest()[:8])
            row += np.random.default_rng(seed).standard_normal(self._dimensions)
        return row / np.linalg.norm(row)


def _joined(messages: Sequence[Message]) -> str:
    return "\n".join(f"{m.role}: {m.content}" for m in messages)


def _token(word: str) -> int:
    return 2 + int(_uniform("token", word) * (VOCABULARY - 2))


def _state(prompt: str, answer: Sequence[int], layer: int) -> NDArray[np.float64]:
    """Mean over the answer's tokens; NaN without any."""
    if not len(answer):
        return np.full(WIDTH, np.nan)
    own = np.mean([_vector(f"token {token} {layer}") for token in answer], axis=0)
    return np.asarray(own + _vector(f"prompt {prompt} {layer}"))


def _vector(text: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:8])
    return np.random.default_rng(seed).standard_normal(WIDTH)


def _geometric(count: int, temperature: float) -> NDArray[np.float64]:
    """Weights proportional to exp(−rank / (3 T)); all on the first when T = 0."""
    if temperature == 0:
        return np.eye(1, count)[0] + np.finfo(float).tiny
    weights = np.exp(-np.arange(count) / (3 * temperature))
    weights /= weights.sum()
    return np.asarray(weights)


def _entropy(weights: NDArray[np.float64]) -> float:
    return float(-(weights * np.log(weights)).sum()) + 0.0


def _uniform(*parts: str) -> float:
    """A number in [0, 1) fixed by the parts."""
    joined = "\0".join(parts).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(joined).digest()[:8]) / 2**64
