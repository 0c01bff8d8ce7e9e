"""Tiny sequence classifiers with random weights, saved as the Hub's are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.models.tokenizer_kinds import ROLES, make_tokenizer

ENTAILMENT = ("contradiction", "entailment", "neutral")


def save_classifier(
    folder: Path, labels: Sequence[str], *, template: str | None = None, seed: int = 0
) -> Path:
    """A two-layer BERT with these labels and a WordPiece tokenizer; the folder."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = pair_tokenizer(template)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=0.5,
        pad_token_id=0,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def pair_tokenizer(template: str | None) -> Any:
    """WordPiece that reads two texts as BERT's descendants do: [CLS] one [SEP] other [SEP]."""
    from tokenizers import processors

    tokenizer = make_tokenizer("wordpiece", template)
    marks = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks
    )
    assert set(ROLES) <= set(tokenizer.get_vocab())
    return tokenizer
