"""Saltmere, a fictional coastal town whose opinions are written down and known exactly."""

from data.town.grammar import Reading, compose, read_back, sample_answers, surface_forms
from data.town.town import (
    PLAIN,
    Group,
    Idea,
    Resident,
    Style,
    Topic,
    Town,
    idea_distribution,
    load_town,
)

__all__ = [
    "PLAIN",
    "Group",
    "Idea",
    "Reading",
    "Resident",
    "Style",
    "Topic",
    "Town",
    "compose",
    "idea_distribution",
    "load_town",
    "read_back",
    "sample_answers",
    "surface_forms",
]
