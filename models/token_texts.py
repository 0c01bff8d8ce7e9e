"""What a token says, from a model's tokenizer file alone: no weights, no torch, no download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import ModelError
from data.schema import ModelRef
from models.registry import resolve

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_FILE = "tokenizer.json"


class TokenTexts:
    """Turns the tokens of an answer into the texts that each added to it.

    Args:
        tokenizer: of the model that drew them.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def pieces(self, token_ids: Sequence[int]) -> tuple[str, ...]:
        """The text of each token; "" for one that ends the answer or only begins a character."""
        from tokenizers.decoders import DecodeStream

        stream = DecodeStream(skip_special_tokens=True)
        return tuple(stream.step(self._tokenizer, token) or "" for token in token_ids)


def load_token_texts(ref: ModelRef) -> TokenTexts | None:
    """The reader for a model whose tokenizer file is on this machine; None for any other."""
    from tokenizers import Tokenizer

    path = _file_of(ref)
    return None if path is None else TokenTexts(Tokenizer.from_file(str(path)))


def _file_of(ref: ModelRef) -> Path | None:
    try:
        place = resolve(ref)
    except ModelError:
        return None
    if isinstance(place, Path):
        return place / _FILE if (place / _FILE).is_file() else None
    if "/" not in place or ":" in place:
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(place, _FILE, revision=ref.revision or None)
    return Path(found) if isinstance(found, str) else None
