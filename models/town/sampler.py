"""The bundled model behind plain `transformers`, independent of the app's engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.schema import Message

LONGEST = 112  # tokens of a reply; one at eight levels of style comes to 106
ROWS_AT_ONCE, TOKENS_AT_ONCE = 200, 32_768

Chat = Sequence[Message]


def chat(system: str, user: str) -> list[Message]:
    """One user turn behind a system prompt, if there is one."""
    return [*([Message("system", system)] if system else []), Message("user", user)]


class TownModel:
    """Draws replies to many chats at once, in float32 and from one seed."""

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start the draws anew."""
        import torch

        torch.manual_seed(seed)

    def answers(self, system: str, user: str, n: int) -> list[str]:
        """Draw n replies to one question at temperature 1."""
        return self.replies([chat(system, user)] * n)

    def replies(self, chats: Sequence[Chat], *, temperature: float = 1.0) -> list[str]:
        """Draw one reply to each chat, without truncation."""
        texts = [""] * len(chats)
        for indices, inputs in self._batches(chats):
            drawn = self.model.generate(
                **inputs, do_sample=True, temperature=temperature, top_k=0, top_p=1.0,
                max_new_tokens=LONGEST,
            )  # fmt: skip
            start = inputs["input_ids"].shape[1]
            replies = self.tokenizer.batch_decode(drawn[:, start:], skip_special_tokens=True)
            for index, text in zip(indices, replies, strict=True):
                texts[index] = text
        return texts

    def option_masses(self, chats: Sequence[Chat], options: Sequence[str]) -> NDArray[np.float64]:
        """Probability that a reply begins with the first token of each option.

        Returns:
            (chats, options) probabilities; a row's sum is at most 1.

        Raises:
            ValueError: two options begin with the same token.
        """
        import torch

        first = [self.tokenizer(option)["input_ids"][0] for option in options]
        if len(set(first)) < len(first):
            raise ValueError(f"Expected options to begin differently but they were {options}.")
        masses = np.zeros((len(chats), len(options)))
        for indices, inputs in self._batches(chats):
            places = (inputs["attention_mask"].cumsum(-1) - 1).clamp(min=0)
            with torch.inference_mode():
                logits = self.model(
                    **inputs, position_ids=places, logits_to_keep=1, use_cache=False
                ).logits
            masses[indices] = logits[:, -1].softmax(-1)[:, first].numpy()
        return masses

    def _batches(self, chats: Sequence[Chat]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Chats of like length together, padded on the left, with their indices."""
        texts = [
            self.tokenizer.apply_chat_template(
                [{"role": message.role, "content": message.content} for message in each],
                tokenize=False,
                add_generation_prompt=True,
            )
            for each in chats
        ]
        lengths = [len(ids) for ids in self.tokenizer(texts, add_special_tokens=False)["input_ids"]]
        for indices in _grouped(lengths):
            inputs = self.tokenizer(
                [texts[index] for index in indices],
                padding=True,
                padding_side="left",
                add_special_tokens=False,
                return_tensors="pt",
            )
            yield indices, {name: inputs[name] for name in ("input_ids", "attention_mask")}


def _grouped(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices from short to long, in groups that stay within the limits."""
    group: list[int] = []
    for index in np.argsort(lengths, kind="stable"):
        wide = (len(group) + 1) * (lengths[index] + LONGEST) > TOKENS_AT_ONCE
        if group and (wide or len(group) == ROWS_AT_ONCE):
            yield group
            group = []
        group.append(int(index))
    if group:
        yield group
