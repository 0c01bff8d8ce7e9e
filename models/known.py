"""The curated list of models, read from known.yaml into frozen records. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from models.shape import ModelShape

BUNDLED_ID = "saltmere"
_LIST = Path(__file__).with_name("known.yaml")


@dataclass(frozen=True, slots=True)
class Architecture:
    """The sizes in a config.json from which parameters and memory follow.

    All listed models are dense decoders with gated feed-forward layers.
    """

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    context: int

    @property
    def embeddings(self) -> int:
        """Parameters of the embedding, and of the head where it is another matrix."""
        return self.hidden * self.vocabulary * (1 if self.tied else 2)

    @property
    def parameters(self) -> int:
        """All weight matrices; norms and biases, which are under 0.1 %, are left out."""
        attention = 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)
        feed_forward = 3 * self.hidden * self.intermediate
        return self.embeddings + self.layers * (attention + feed_forward)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """What is known of a model before it is loaded.

    Attributes:
        id: as in `ModelRef`.
        name: as people call it.
        family: whose sibling it is.
        kind: "chat" answers, "base" goes on writing.
        summary: one or two sentences for who chooses.
        licence: SPDX name, or the publisher's own.
        languages: that its makers name.
        shape: its sizes; None for the bundled model, whose folder is read.
        architecture: from which the shape follows; None likewise.
        gated: whether the Hub asks for an accepted licence and a token.
        verified: whether its config was read when it was listed, not remembered.
    """

    id: str
    name: str
    family: str
    kind: Literal["chat", "base"]
    summary: str
    licence: str
    languages: str
    shape: ModelShape | None = None
    architecture: Architecture | None = None
    gated: bool = False
    verified: bool = True

    @property
    def bundled(self) -> bool:
        """Whether it comes with the app."""
        return self.id == BUNDLED_ID


def _record(entry: Mapping[str, Any]) -> KnownModel:
    sizes = Architecture(**entry["config"])
    return KnownModel(
        id=entry["id"],
        name=entry["name"],
        family=entry["family"],
        kind=entry["kind"],
        summary=entry["summary"],
        licence=entry["licence"],
        languages=entry["languages"],
        shape=ModelShape(
            parameters=round(entry["millions"] * 1e6),
            embeddings=sizes.embeddings,
            layers=sizes.layers,
            width=sizes.kv_heads * sizes.head_dim,
            vocabulary=sizes.vocabulary,
            context=sizes.context,
        ),
        architecture=sizes,
        gated=entry.get("gated", False),
        verified=entry["source"] == "read",
    )


BUNDLED = KnownModel(
    BUNDLED_ID,
    "Saltmere",
    "Saltmere",
    "chat",
    "The bundled teaching model. It knows one small, made-up town and nothing else.",
    "Apache-2.0",
    "English",
)
KNOWN: tuple[KnownModel, ...] = (
    BUNDLED,
    *map(_record, yaml.safe_load(_LIST.read_text(encoding="utf-8"))),
)


def known(model_id: str) -> KnownModel | None:
    """What the list has on a model; None when it isn't listed."""
    return next((model for model in KNOWN if model.id == model_id), None)
