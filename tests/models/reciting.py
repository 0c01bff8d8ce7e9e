"""A checkpoint that recites: at every place after its question it is sure of one token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.schema import Message
from models.chat_template import ChatTemplate
from tests.models.families import VOCABULARY
from tests.models.tokenizer_kinds import make_tokenizer

PLACES = 160
SURE = 40.0  # logit of the right token, all others 0
ASK = [Message("user", "what should the town do?")]


def save_reciter(
    folder: Path,
    script: str,
    *,
    template: str | None,
    added: tuple[str, ...] = (),
    special: bool = False,
) -> Path:
    """Write a checkpoint that answers `ASK` with a script.

    Args:
        folder: where to.
        script: what it says, markers included.
        template: its chat template.
        added: markers that are tokens of their own.
        special: whether those are marked as special.
    """
    tokenizer = make_tokenizer("bytes", template)
    tokenizer.add_tokens(list(added), special_tokens=special)
    begins = len(ChatTemplate(tokenizer).encode(ASK)) - 1
    _positional(begins, tokenizer(script, add_special_tokens=False)["input_ids"]).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder


def _positional(begins: int, tokens: list[int]) -> Any:
    """A GPT-2 that looks at nothing but how far it has come."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        "gpt2",
        vocab_size=VOCABULARY,
        n_embd=PLACES,
        n_positions=PLACES,
        n_layer=1,
        n_head=4,
        eos_token_id=1,
        bos_token_id=None,
        tie_word_embeddings=False,
    )
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.transformer.ln_f.weight.fill_(1)
        model.transformer.wpe.weight.copy_(torch.eye(PLACES))
        # Normalised, a place's own entry is about the root of the number of places.
        for place, token in enumerate(tokens, start=begins):
            model.lm_head.weight[token, place] = SURE / PLACES**0.5
    return model
