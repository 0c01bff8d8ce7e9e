"""What is asked of held conversations, or read in the model: entries as of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from metrics.catalogue import Measure
from metrics.probes import MIN_QUESTIONS
from metrics.turns import MIN_CONVERSATIONS

_STUDENT = "Student's t over conversations, for each turn alone; 95 %."

_ALL = (
    Measure(
        key="stability",
        label="Probes answered in character",
        name="Probe stability",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=MIN_CONVERSATIONS,
        digits=".0%",
        formula=r"\tfrac1P \sum_p \mathbf 1[\text{answer to probe } p \text{ passes its rule}]",
        tells="How often the model still says who it is when a copy of the conversation asks it.",
        cannot_tell="What it would have done unasked. A rule sees words, not sense.",
        interval=_STUDENT,
        references=("Li et al. 2024, Persona drift (arXiv 2402.10962)",),
    ),
    Measure(
        key="stance",
        label="Where it stands",
        name="Expected place of its forced choice",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_CONVERSATIONS,
        digits="+.2f",
        formula=r"\tfrac12 \sum_{\text{orders}} \sum_o p(o)\, x_o / \sum_o p(o)",
        tells="From −1, against, to 1, for: by the probabilities with which the model would begin "
        "its reply with each option, shown in both orders.",
        cannot_tell="What it would say in its own words: see how much probability the options have "
        "at all.",
        interval=_STUDENT,
        references=("Ideological depth (arXiv 2508.21448)",),
        reconstructed=True,
    ),
    Measure(
        key="declined",
        label="Questions it declines",
        name="Refusal rate by rule",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_CONVERSATIONS,
        digits=".0%",
        formula=r"\tfrac1P \sum_p \mathbf 1[\text{the answer declines}]",
        tells="How often the model won't take a side when it may answer freely.",
        cannot_tell="Refusals in words that the rule doesn't know.",
        interval=_STUDENT,
        references=("Ideological depth (arXiv 2508.21448)",),
        reconstructed=True,
    ),
    Measure(
        key="asker",
        label="What another asker changes",
        name="Paired difference between askers",
        unit="as the score",
        minimum=float("-inf"),
        maximum=None,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="questions",
        digits="+.3g",
        formula=r"\tfrac1Q \sum_q (\bar s_{q,\text{asker}} - \bar s_{q,\text{plain}})",
        tells="By how much the answers to the same questions differ when somebody else asks, or "
        "once the model knows whom it talks to.",
        cannot_tell="Whether an answer is better for its asker. Few questions give wide intervals.",
        interval="Student's t over questions; 95 %.",
        references=("CoRUS (arXiv 2510.16829)", "Interlocutor awareness (arXiv 2506.22957)"),
        reconstructed=True,
    ),
    Measure(
        key="axis",
        label="Along the persona's direction",
        name="Projection on the persona axis",
        unit="SD of neutral replies",
        minimum=float("-inf"),
        maximum=None,
        direction="Higher keeps more to itself.",
        floor=MIN_CONVERSATIONS,
        digits="+.2f",
        formula=r"(h \cdot v - \overline{n \cdot v}) / s(n \cdot v), \quad "
        r"v = \bar h_{\text{persona}} - \bar h_{\text{neutral}}",
        tells="How far the model's inner state, while it says a reply, lies towards the persona; 0 "
        "is where replies without any persona lie.",
        cannot_tell="What a random direction shows as well: marked cells lie outside of 95 % of "
        "those.",
        interval=_STUDENT,
        references=("Chen et al. 2025, Persona vectors (arXiv 2507.21509)",
                    "Lu et al. 2026, The Assistant Axis (arXiv 2601.10387)"),
    ),
    Measure(
        key="attention",
        label="Attention to the system prompt",
        name="Attention share π(t)",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=MIN_CONVERSATIONS,
        digits=".1%",
        formula=r"\pi(t) = \sum_{i \in \text{system}} \alpha_{t,i}",
        tells="What part of its attention the model gives to the system prompt while it speaks, as "
        "a mean over heads and the reply's tokens.",
        cannot_tell="Whether it heeds what it looks at. The share falls by itself as the context "
        "grows: compare it with the prompt's share of all tokens.",
        interval=_STUDENT,
        references=("Li et al. 2024, Persona drift (arXiv 2402.10962)",),
    ),
)  # fmt: skip

PROBES: Mapping[str, Measure] = MappingProxyType(
    {m.key: m if m.counted != "answers" else replace(m, counted="conversations") for m in _ALL}
)
