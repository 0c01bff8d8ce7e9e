"""Saltmere, a fictional coastal town whose opinions are written down and known exactly."""

from data.town.grammar import compose, sample_answers
from data.town.reading import Reading, read_back
from data.town.styles import LEVELS, PLAIN, features
from data.town.town import (
    Group,
    Idea,
    Resident,
    Topic,
    Town,
    Writer,
    idea_distribution,
    load_town,
)

__all__ = [
    "LEVELS",
    "PLAIN",
    "Group",
    "Idea",
    "Reading",
    "Resident",
    "Topic",
    "Town",
    "Writer",
    "compose",
    "features",
    "idea_distribution",
    "load_town",
    "read_back",
    "sample_answers",
]
