"""The bundled model's own tokenizer: byte-level BPE, so that any text can be encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.town.dialogues import draw_conversation, draw_dialogue

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD, END = "<|pad|>", "<|end|>"
ROLES = {role: f"<|{role}|>" for role in ("system", "user", "assistant")}
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role not in ('system', 'user', 'assistant') -%}"
    "{{ raise_exception('Expected the role to be system, user or assistant.') }}"
    "{%- endif -%}"
    "{{ '<|' + message.role + '|>' + message.content + '<|end|>' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)


def train_tokenizer(
    *, vocab_size: int = 4096, context: int = 1024, dialogues: int = 20_000, seed: int = 0
) -> PreTrainedTokenizerFast:
    """Learn the merges from the town's own words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, END, *ROLES.values()],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(np.random.default_rng(seed), dialogues), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=list(ROLES.values()),
        chat_template=CHAT_TEMPLATE,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )


def _texts(rng: np.random.Generator, count: int) -> list[str]:
    dialogues = [draw_dialogue(rng) for _ in range(count)]
    dialogues += [draw_conversation(rng) for _ in range(count // 40)]
    asked = [message.content for dialogue in dialogues for message in dialogue.messages]
    answered = [answer for dialogue in dialogues for answer in dialogue.answers[:1]]
    judged = [f"{j.ask}\n{o}" for d in dialogues for j in d.judgements[:1] for o in j.options]
    return asked + answered + judged
