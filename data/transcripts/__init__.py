"""Recorded chats with an assistant: each message has a role, and there may be a system prompt.

Conversations between any speakers are read by `data.dialogues`; a chat here is to be replayed to a
model, so what doesn't fit is refused instead of kept as a problem.
"""

from data.transcripts.reading import ENDINGS, MAX_BYTES, read_roles, read_transcripts
from data.transcripts.records import RolePrompts, Transcript, TranscriptFile

__all__ = [
    "ENDINGS",
    "MAX_BYTES",
    "RolePrompts",
    "Transcript",
    "TranscriptFile",
    "read_roles",
    "read_transcripts",
]
