"""Tokenizers of the three kinds that language models have, made of a few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = (
    "the harbour and the sea a boat in the harbour the keeper of the light what should the town "
    "do with the old pier mend it and let the children fish one boat comes home late be brief"
).split()
ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]
ENDS = {"bytes": 1, "unigram": 1, "wordpiece": 3}  # id of the end token; padding is 0 everywhere


def make_tokenizer(kind: str, template: str | None) -> Any:
    """A tokenizer; kind is one of `ENDS`."""
    tokenizer = {"bytes": _bytes, "unigram": _unigram, "wordpiece": _wordpiece}[kind]()
    tokenizer.chat_template = template
    return tokenizer


def save_tokenizer(folder: Path, kind: str, template: str | None) -> None:
    """Write a tokenizer beside a checkpoint."""
    make_tokenizer(kind, template).save_pretrained(folder)


def _wrapped(tokenizer: Any, **named: Any) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)


def _begins_with(token: str, place: int) -> Any:
    from tokenizers import processors

    return processors.TemplateProcessing(single=f"{token} $A", special_tokens=[(token, place)])


def _bytes() -> Any:
    """Byte-level BPE, as GPT-2, Qwen and Llama 3 have; puts nothing in front of a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    special = ["<|pad|>", "<|end|>", "<|return|>", *ROLES]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(WORDS)], trainer)
    return _wrapped(
        tokenizer, pad_token="<|pad|>", eos_token="<|end|>", extra_special_tokens=special[2:]
    )


def _unigram() -> Any:
    """Unigram with metaspace and byte fallback, as SentencePiece makes; begins texts with <s>."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    special = ["<pad>", "</s>", "<s>", "<unk>", *ROLES]
    letters = sorted(set("".join(WORDS)))
    vocabulary = [(piece, 0.0) for piece in special]
    vocabulary += [(f"<0x{byte:02X}>", -12.0) for byte in range(256)]
    vocabulary += [("▁" + word, -4.0 - 0.01 * i) for i, word in enumerate(dict.fromkeys(WORDS))]
    vocabulary += [(letter, -8.0) for letter in ["▁", *letters]]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=3, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence([*steps, decoders.Strip(" ", 1)])
    tokenizer.post_processor = _begins_with("<s>", 2)
    return _wrapped(
        tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<s>",
        unk_token="<unk>",
        extra_special_tokens=ROLES,
    )


def _wordpiece() -> Any:
    """WordPiece, as BERT's descendants have; begins texts with [CLS]."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *ROLES]
    letters = sorted(set("".join(WORDS) + "?.,"))
    pieces = [*special, *letters, *("##" + letter for letter in letters), *dict.fromkeys(WORDS)]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = _begins_with("[CLS]", 2)
    return _wrapped(
        tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        bos_token="[CLS]",
        eos_token="[SEP]",
        extra_special_tokens=ROLES,
    )
