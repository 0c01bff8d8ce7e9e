"""Beginnings of sentences about groups, to be continued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import yaml

from data.adapters import checked
from data.answer_checks import refuse
from data.audits import FOLDER, MAX_PROMPTS
from data.errors import UploadError
from data.reading_tables import RawTable


@dataclass(frozen=True, slots=True)
class CompletionSet:
    """Prompts, row by row, with the group that each is about.

    Attributes:
        about: what the set is.
        source: whose wording it is.
        prompts: (m,) ready to ask.
        stems: (m,) which beginning each is, whoever it is about.
        groups: (m,) whom it is about.
        leads: (m,) the beginning itself, which stands before a continuation; empty where a prompt
            isn't taken apart.
        baseline: the group with which others are compared.
        refusals: phrases at the beginning of a reply that make it a refusal.
        mitigations: name → what may be added to every prompt.
    """

    about: str
    source: str
    prompts: tuple[str, ...]
    stems: tuple[str, ...]
    groups: tuple[str, ...]
    leads: tuple[str, ...]
    baseline: str
    refusals: tuple[str, ...]
    mitigations: Mapping[str, str]


@cache
def own_completions() -> CompletionSet:
    """The sentences that come with the app, every stem crossed with every group."""
    told: Mapping[str, Any] = yaml.safe_load((FOLDER / "completions.yaml").read_text("utf-8"))
    rows = list(product(told["stems"], told["groups"]))
    leads = tuple(_stem(told["stems"][stem], group) for stem, group in rows)
    return CompletionSet(
        about=told["about"],
        source=told["source"],
        prompts=tuple(told["ask"].format(stem=lead) for lead in leads),
        stems=tuple(stem for stem, _ in rows),
        groups=tuple(group for _, group in rows),
        leads=leads,
        baseline=told["baseline"],
        refusals=tuple(told["refusals"]),
        mitigations=told["mitigations"],
    )


def _stem(text: str, group: str) -> str:
    return text.format(group=group, Group=group[:1].upper() + group[1:])


def uploaded_completions(raw: RawTable) -> CompletionSet:
    """A file's prompts with our own phrases for refusals; whole stems, as many as fit.

    The group of the first row is the one that others are compared with.

    Args:
        raw: columns stem_id, group and prompt; a prompt is asked as it stands.

    Raises:
        UploadError: a column is missing, a cell empty, a stem has a group twice, or there is one
            group only.
    """
    frame = checked(raw, ("stem_id", "group", "prompt"))
    again = frame.duplicated(["stem_id", "group"])
    refuse(frame.loc[again, "_row"], "group", "this stem has a prompt about this group already")
    if frame["group"].nunique() < 2:
        raise UploadError(
            f"All prompts are about {frame['group'].iloc[0]!r}.", "Add a group to compare it with."
        )
    sizes = frame.groupby("stem_id", sort=False).size().cumsum()
    kept = frame[frame["stem_id"].isin(sizes[sizes <= MAX_PROMPTS].index)]
    if kept.empty:
        raise UploadError(f"One stem alone has more than {MAX_PROMPTS:,} prompts.")
    return replace(
        own_completions(),
        about=f"{kept['stem_id'].nunique()} of {frame['stem_id'].nunique()} uploaded stems",
        source="Uploaded prompts, phrases for refusals our own",
        prompts=tuple(kept["prompt"]),
        stems=tuple(kept["stem_id"]),
        groups=tuple(kept["group"]),
        leads=("",) * len(kept),
        baseline=str(kept["group"].iloc[0]),
    )
