"""What every audit's controls come to, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from components.problems import problems_shown
from components.teaching import teaching_banner
from components.text import as_markdown
from data.errors import ChoraleError
from data.reading_tables import RawTable, read_table
from data.schema import Condition, ModelRef
from experiments.audits.asking import AuditExperiment
from models.registry import BUNDLED_ID

OWN, FILE = "Our own wording", "A file of my own"
_NOISE = (
    "Saltmere has never heard of such things: what it says to them is noise. Choose another model "
    "in the sidebar for these."
)
_MIB = 50  # of an upload


@dataclass(frozen=True, slots=True)
class AuditDraft:
    """What the widgets ask for; checked when it becomes an experiment.

    Attributes:
        audit: its name.
        prompt: what the run is called.
        make: the experiment with a seed.
    """

    audit: str
    prompt: str
    make: Callable[[int], AuditExperiment]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The ways of asking; none where the draft asks for something that can't be."""
        try:
            return self.make(0).conditions
        except ChoraleError:
            return ()

    def experiment(self, seed: int) -> AuditExperiment:
        """The experiment with this seed.

        Raises:
            ChoraleError: the draft asks for something that can't be.
        """
        return self.make(seed)


def teaching_note(model: ModelRef, *, known: bool = False) -> None:
    """Say what the bundled model is, and what it can't be asked; `known` are the town's own."""
    teaching_banner([model])
    if model.id == BUNDLED_ID and not known:
        st.caption(_NOISE)


def mitigation_choice(
    offered: Mapping[str, str], *, key: str, label: str = "Ask again with a request to be fair"
) -> list[str]:
    """Which requests are added to all prompts, in conditions of their own."""
    chosen = st.pills(
        label,
        list(offered),
        selection_mode="multi",
        default=list(offered)[:1],
        key=f"audits.mitigations.{key}",
        help="Each is added to every question and becomes a condition of its own.",
        persist_state="session",
    )
    for name in chosen:
        st.caption(f"{as_markdown(name)}: “{as_markdown(offered[name])}”")
    return chosen


def set_choice(label: str, key: str, before: Sequence[str] = ()) -> str:
    """Our own wording, a file of the visitor's, or what is offered before these."""
    offered = [*before, OWN, FILE]
    return str(st.selectbox(label, offered, key=f"audits.set.{key}", persist_state="session"))


def uploaded_table(label: str, *, key: str, form: str) -> RawTable | None:
    """A table of the visitor's; None as long as there is none, or none that can be read.

    Args:
        label: what is wanted.
        key: of the widget.
        form: which columns it has, in words.
    """
    upload = st.file_uploader(
        label,
        type=["csv", "jsonl", "parquet"],
        max_upload_size=_MIB,
        key=f"audits.file.{key}",
        help=form,
    )
    if upload is None:
        return None
    with problems_shown():
        return read_table(upload.getvalue(), name=upload.name)
    return None


def nothing_yet() -> ChoraleError:
    """Why there is nothing to ask."""
    return ChoraleError("There are no questions yet.", "Choose a set, or upload one.")
