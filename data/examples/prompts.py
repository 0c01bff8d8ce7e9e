"""Example questions and personas that the bundled teaching model knows: Saltmere's own."""

from __future__ import annotations

from data.town import load_town

_TOPICS = ("harbour", "festival", "lighthouse", "school")

NOBODY = "Nobody in particular"


def example_prompts() -> tuple[str, ...]:
    """Open questions to the town, the first phrasing of each."""
    topics = load_town().topics
    return tuple(topics[key].questions[0] for key in _TOPICS if key in topics)


def example_personas() -> dict[str, str]:
    """System prompts by what a visitor calls them: one resident per group, then the styles."""
    town = load_town()
    first = {resident.group: resident for resident in reversed(town.residents)}
    residents = {
        f"{first[group.id].name}, {_article(group.one)} {group.one}": (
            f"You are {first[group.id].name}, {_article(group.one)} {group.one} of Saltmere."
        )
        for group in town.groups.values()
    }
    styles = {
        f"In a {key} voice": style.asks[0] for key, style in town.styles.items() if style.asks
    }
    return residents | styles


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
