"""Example questions and personas that the bundled teaching model knows: Saltmere's own."""

from __future__ import annotations

from data.town import load_town
from data.town.prompts import names_of
from data.town.styles import HIGH, LOW, load_styles

_TOPICS = ("harbour", "festival", "lighthouse", "school")

_STYLES = (
    ("Formally", "informality", LOW),
    ("Casually", "informality", HIGH),
    ("In short sentences", "sentence_length", LOW),
    ("In long sentences", "sentence_length", HIGH),
    ("With strong feelings", "affect_words", HIGH),
    ("In difficult words", "readability", LOW),
)

NOBODY = "Nobody in particular"


def example_prompts() -> tuple[str, ...]:
    """Open questions to the town, the first phrasing of each."""
    topics = load_town().topics
    return tuple(topics[key].questions[0] for key in _TOPICS if key in topics)


def example_personas() -> dict[str, str]:
    """System prompts by what a visitor calls them: a resident per group, then ways of speaking."""
    town = load_town()
    first = {resident.group: resident for resident in reversed(list(town.residents.values()))}
    residents = {
        f"{first[group].name}, {names_of(first[group])['a_one']}": (
            f"You are {first[group].name}, {names_of(first[group])['a_one']} of Saltmere."
        )
        for group in town.groups
    }
    levels = load_styles().features
    return residents | {name: levels[feature][level].asks[0] for name, feature, level in _STYLES}
