"""Each measure once: what it is called, where its floor lies, what it tells and what it can't.

Tiles, method cards, the README's table and exports read it here; the panel takes its floors from
here. The entries stand in one file per family.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from metrics.catalogue_geometry import GEOMETRY
from metrics.catalogue_meanings import MEANINGS
from metrics.catalogue_panel import PANEL
from metrics.catalogue_quality import QUALITY
from metrics.catalogue_wording import WORDING
from metrics.measure import Direction, Measure

__all__ = ["CATALOGUE", "DEFAULT_PANEL", "FAMILIES", "FLOOR", "Direction", "Measure"]

FAMILIES: Mapping[str, tuple[Measure, ...]] = MappingProxyType(
    {
        "Panel": PANEL,
        "Meanings": MEANINGS,
        "Embeddings and states": GEOMETRY,
        "Wording and tokens": WORDING,
        "Quality": QUALITY,
    }
)
CATALOGUE: Mapping[str, Measure] = MappingProxyType(
    {measure.key: measure for family in FAMILIES.values() for measure in family}
)
DEFAULT_PANEL: tuple[str, ...] = tuple(measure.key for measure in PANEL)
FLOOR = min(measure.floor for measure in PANEL)
