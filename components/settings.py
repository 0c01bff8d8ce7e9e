"""What the operator decides, read from the environment once."""

from __future__ import annotations

import os
from dataclasses import dataclass

from data.schema import ModelRef


@dataclass(frozen=True, slots=True)
class Settings:
    """How this copy of the app runs.

    Attributes:
        model: the model offered first (CHORALE_MODEL; "saltmere" is bundled).
        embedder: the embedder of every run (CHORALE_EMBEDDER; "minilm" is bundled).
        public: a shared host: only listed models, caps per visitor (CHORALE_PUBLIC=1).
        embedded: shown inside another site's frame, as on a Space (SPACE_ID is set there).
    """

    model: ModelRef
    embedder: str
    public: bool
    embedded: bool


def settings() -> Settings:
    """The settings of this process."""
    return Settings(
        model=ModelRef(os.environ.get("CHORALE_MODEL", "saltmere")),
        embedder=os.environ.get("CHORALE_EMBEDDER", "minilm"),
        public=os.environ.get("CHORALE_PUBLIC", "") == "1",
        embedded="SPACE_ID" in os.environ,
    )
