"""From loaded weights to a model that answers."""

from __future__ import annotations

from data.errors import ChoraleError
from data.schema import ModelRef
from models.base import ModelInfo
from models.chat_template import ChatTemplate
from models.continuation import Engine
from models.loading import Loaded, running_failed
from models.local import LocalModel
from models.prefix_check import checked
from models.reading import Reader
from models.registry import display_name
from models.shape import computes_in_float32

FLOAT32_ON_CPU = "Computes in float32, which is the faster precision for its size on a CPU."
UNKNOWN_CONTEXT = 2048  # tokens, for a model whose config doesn't say


def assemble(loaded: Loaded, ref: ModelRef, device: str) -> LocalModel:
    """Find out how loaded weights can be decoded, and put everything about them together.

    Raises:
        ModelError: the model doesn't run.
    """
    model, tokenizer = loaded.model, loaded.tokenizer
    chat = ChatTemplate(tokenizer)
    found = Engine(model, str(model.config._attn_implementation), _end_tokens(loaded))
    try:
        engine, notes = checked(found)
    except ChoraleError:
        raise
    except Exception as error:  # kernels raise what they like, assertions too
        raise running_failed(error, ref) from error
    small = computes_in_float32(ref.quantization, loaded.shape.parameters, device)
    precision = (FLOAT32_ON_CPU,) if small and ref.quantization == "bf16" else ()
    if loaded.stored is not None:
        precision = (loaded.stored.note,)
    info = ModelInfo(
        ref=ref,
        name=display_name(ref.id),
        parameters=loaded.shape.parameters,
        context=loaded.shape.context or _usual_context(loaded) or UNKNOWN_CONTEXT,
        device=device,
        has_chat_template=chat.used,
        notes=(*chat.notes, *precision, *notes),
    )
    reader = Reader(tokenizer, prompt_end=chat.prompt_end)
    return LocalModel(engine, chat, reader, info, loaded.shape)


def _usual_context(loaded: Loaded) -> int:
    """Of the architecture, for a folder whose config leaves it out; 0 when it has none."""
    context = getattr(loaded.model.config.get_text_config(), "max_position_embeddings", None)
    return context if isinstance(context, int) else 0


def _end_tokens(loaded: Loaded) -> frozenset[int]:
    """Every token that the model or its tokenizer calls an end; either may be a list."""
    config = loaded.model.config
    sources = (loaded.tokenizer, config, config.get_text_config(), loaded.model.generation_config)
    ends: set[object] = set()
    for source in sources:
        ids = getattr(source, "eos_token_id", None)
        ends.update(ids if isinstance(ids, list) else [ids])
    return frozenset(end for end in ends if isinstance(end, int))
