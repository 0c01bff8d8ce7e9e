"""Conversations from files: the app's own tables and the formats of published corpora."""

from data.dialogues.formats import read_daily_dialog, read_empathetic_dialogues, read_persona_chat
from data.dialogues.reading import FORMATS, format_of, read_corpus, read_turns
from data.dialogues.records import Corpus, Dialogue, Problem, Utterance
from data.dialogues.style_log import StyleLog, read_style_log

__all__ = [
    "FORMATS",
    "Corpus",
    "Dialogue",
    "Problem",
    "StyleLog",
    "Utterance",
    "format_of",
    "read_corpus",
    "read_daily_dialog",
    "read_empathetic_dialogues",
    "read_persona_chat",
    "read_style_log",
    "read_turns",
]
