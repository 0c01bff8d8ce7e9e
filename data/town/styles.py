"""Eight features of style with three levels each, and the parts of an answer that make them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from data.town.files import read_file

LOW, MID, HIGH = LEVELS = ("low", "mid", "high")
PLAIN: Mapping[str, str] = MappingProxyType({})  # nothing asked for: every feature at its middle


@dataclass(frozen=True, slots=True)
class Level:
    """One level of one feature.

    Attributes:
        asks: system prompts that ask for it.
        manners: adverbial phrases that ask for it in any of the frames.
        held_out_asks: such prompts that training never sees.
        parts: what answers of this level contain; "" stands for nothing.
        formal: parts for answers of low informality, where they differ.
    """

    asks: tuple[str, ...]
    manners: tuple[str, ...]
    held_out_asks: tuple[str, ...]
    parts: tuple[str, ...]
    formal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Styles:
    """What `styles.yaml` says.

    Attributes:
        features: feature → level name → level.
        ask_frames: system prompts with room for a manner.
        ask_fillers: words of them that don't tell what is asked for.
        modals: verbs between subject and idea, in every style.
        connectors: words that join a reason to a claim, in every style.
        tails: clauses that lengthen a long sentence.
    """

    features: Mapping[str, Mapping[str, Level]]
    ask_frames: tuple[str, ...]
    ask_fillers: tuple[str, ...]
    modals: tuple[str, ...]
    connectors: tuple[str, ...]
    tails: tuple[str, ...]

    def parts(self, feature: str, levels: Mapping[str, str]) -> tuple[str, ...]:
        """The parts of a feature at its level, in the wording that its informality wants."""
        level = self.features[feature][levels[feature]]
        return level.formal if levels["informality"] == LOW and level.formal else level.parts


@cache
def trained_asks(feature: str, level: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Every trained way of asking for a level: whole sentences, and manners put into frames."""
    styles = load_styles()
    entry = styles.features[feature][level]
    kept = {ask.casefold() for ask in entry.held_out_asks}
    framed = [
        frame.format(manner=manner) for frame in styles.ask_frames for manner in entry.manners
    ]
    return entry.asks, tuple(ask for ask in framed if ask.casefold() not in kept)


@cache
def load_styles() -> Styles:
    """Read the styles once per process."""
    file = read_file("styles.yaml")
    return Styles(
        features={
            feature: {
                name: Level(
                    asks=tuple(entry["asks"]),
                    manners=tuple(entry["manners"]),
                    held_out_asks=tuple(entry["held_out_asks"]),
                    parts=tuple(entry["parts"]),
                    formal=tuple(entry.get("formal", ())),
                )
                for name, entry in levels.items()
            }
            for feature, levels in file["features"].items()
        },
        ask_frames=tuple(file["ask_frames"]),
        ask_fillers=tuple(file["ask_fillers"].split()),
        modals=tuple(file["modals"]),
        connectors=tuple(file["connectors"]),
        tails=tuple(file["tails"]),
    )


def features() -> tuple[str, ...]:
    """The names of the eight features, in the order of the file."""
    return tuple(load_styles().features)


def full_levels(levels: Mapping[str, str]) -> dict[str, str]:
    """The level of every feature; those not given are in the middle.

    Raises:
        ValueError: there is no such feature or level.
    """
    for feature, level in levels.items():
        if feature not in features() or level not in LEVELS:
            raise ValueError(
                f"Expected features of {', '.join(features())} at low, mid or high but there was "
                f"{feature}: {level}."
            )
    return {feature: levels.get(feature, MID) for feature in features()}


def asked_levels(levels: Mapping[str, str]) -> dict[str, str]:
    """Only what differs from the middle, in the order of the features."""
    return {f: level for f, level in full_levels(levels).items() if level != MID}
