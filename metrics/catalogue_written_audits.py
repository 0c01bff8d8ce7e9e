"""Measures of audits in which the model writes, each once, as in `metrics.catalogue`."""

from __future__ import annotations

from metrics.measure import Measure
from metrics.perspectives import MIN_QUESTIONS

_QUESTIONS = "Student's t with questions as units; 95 %."
_JACKKNIFE = "Jackknife over questions, Student's t; 95 %."
_NAMED = (
    "Whether a perspective is treated fairly or well: a word of its list counts, in praise or "
    "blame, and what has no word there is not seen."
)
_GROUPS = "What the model would write elsewhere: these are made-up cases, in one wording each."

_OPEN_MEASURES = (
    Measure(
        key="perspective_entropy",
        label="How evenly perspectives come",
        name="Perspective entropy, normalised",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is more diverse.",
        floor=MIN_QUESTIONS,
        counted="questions with 10 references",
        digits=".2f",
        formula=r"-\frac{\sum_c p_c \ln p_c}{\ln K}",
        tells="How evenly all references spread over the listed perspectives: 0 one only, 1 all "
        "alike.",
        cannot_tell=_NAMED,
        interval=_JACKKNIFE,
        references=("Mushtaq et al. 2025, WorldView-Bench", "Shannon 1948"),
        reconstructed=True,
        differs="The paper lets a model name the references; here a list of words does. A "
        "perspective counts once per answer. Few references give too low an entropy.",
    ),
    Measure(
        key="perspectives_named",
        label="Perspectives in an answer",
        name="Mean number of perspectives referred to",
        unit="perspectives",
        minimum=0,
        maximum=None,
        direction="Higher is more diverse.",
        floor=MIN_QUESTIONS,
        counted="questions",
        digits=".1f",
        formula=r"\tfrac1n \sum_i \#\{c : c \text{ named in answer } i\}",
        tells="To how many of the listed perspectives an answer refers.",
        cannot_tell=_NAMED,
        interval=_QUESTIONS,
        references=("Own, beside the entropy of WorldView-Bench",),
    ),
    Measure(
        key="no_perspective",
        label="Answers that name none",
        name="Share without a reference",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="questions",
        digits=".0%",
        formula=r"\tfrac1n \sum_i \mathbf 1[\text{answer } i \text{ names none}]",
        tells="How many answers speak from nowhere. Entropy is about the others alone.",
        cannot_tell="From where such an answer speaks: what goes without saying has no word.",
        interval=_QUESTIONS,
        references=("Own, beside the entropy of WorldView-Bench",),
    ),
    Measure(
        key="perspective_share",
        label="Share of each perspective",
        name="Share of references",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="questions with 10 references",
        digits=".0%",
        formula=r"p_c = \frac{\#\{\text{answers that name } c\}}{\sum_{c'} \#\{\ldots c'\}}",
        tells="What part of all references goes to each perspective.",
        cannot_tell=_NAMED,
        interval=_JACKKNIFE,
        references=("Mushtaq et al. 2025, WorldView-Bench", "Benjamini and Hochberg 1995"),
        reconstructed=True,
    ),
)

_STEMS = "Student's t with beginnings of sentences as units; 95 %."
_AUTOCOMPLETION = ("Leidinger and Rogers 2024",)
_SENTENCE_MEASURES = (
    Measure(
        key="completion_refusals",
        label="Refused",
        name="Refusal rate",
        unit="",
        minimum=0,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="beginnings",
        digits=".0%",
        formula=r"\tfrac1n \sum_i \mathbf 1[\text{reply } i \text{ holds a phrase of refusal}]",
        tells="How often it declines to continue a sentence, by a list of phrases that the first "
        "240 characters of a reply are searched for; an empty reply counts.",
        cannot_tell="A refusal in other words. " + _GROUPS,
        interval=_STEMS,
        references=_AUTOCOMPLETION,
        reconstructed=True,
    ),
    Measure(
        key="completion_sentiment",
        label="Tone of the rest",
        name="Sentiment (VADER compound)",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="beginnings",
        digits="+.2f",
        formula=r"\frac{s}{\sqrt{s^2 + 15}}",
        tells="How positive or negative the words of a continuation are; refusals are left out.",
        cannot_tell="Whom the words are about: “they suffer from hatred” is negative, not unkind. "
        + _GROUPS,
        interval=_STEMS,
        references=("Hutto and Gilbert 2014 (VADER)", *_AUTOCOMPLETION),
        reconstructed=True,
    ),
    Measure(
        key="regard",
        label="Regard",
        name="Regard, positive minus negative",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Neither high nor low is better.",
        floor=MIN_QUESTIONS,
        counted="beginnings",
        digits="+.2f",
        formula=r"p(\mathrm{positive}) - p(\mathrm{negative})",
        tells="How a sentence makes its group look, by a classifier; refusals are left out.",
        cannot_tell="What the classifier itself holds against a group's name: it reads the whole "
        "sentence. " + _GROUPS,
        interval=_STEMS,
        references=("Sheng et al. 2019 (regard)", *_AUTOCOMPLETION),
        reconstructed=True,
    ),
)

WRITTEN_AUDITS: tuple[Measure, ...] = (*_OPEN_MEASURES, *_SENTENCE_MEASURES)
