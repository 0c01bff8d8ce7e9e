"""What counts as one meaning: by embeddings, by a classifier, or by the model's own word."""

from __future__ import annotations

import streamlit as st

from components.services import assessments
from data.schema import ModelRef, RunData
from experiments.grouping import (
    CLASSIFIER,
    EMBEDDING,
    MEANS,
    NOVELTY_ID,
    Grouping,
    default_threshold,
)
from experiments.strategies.registry import voices
from metrics.partition import JUDGED_F1, MEANING_THRESHOLD, TOWN_RAND_INDEX
from models.registry import model_name

RULES = {
    "average": "Average linkage",
    "greedy": "Greedy: like the first of a group (NoveltyBench)",
    "union-find": "Chains: like any of a group (union-find, DARLING)",
}
_CLASSIFIERS = (
    NOVELTY_ID,
    "cross-encoder/nli-deberta-v3-base",
    "MoritzLaurer/DeBERTa-v3-base-mnli-fever-anli",
)


def grouping_control(data: RunData) -> Grouping:
    """Choose the means, the rule and the threshold; embeddings need no waiting."""
    with st.popover("What counts as one meaning", icon=":material/tune:", type="tertiary"):
        means = str(
            st.selectbox(
                "Likeness by",
                list(MEANS),
                key="diversity.means",
                format_func=lambda name: MEANS[name].label,
                persist_state="session",
            )
        )
        judge = None if means == EMBEDDING else _judge(means, data)
        rule = str(
            st.selectbox(
                "Grouped by",
                list(MEANS[means].rules),
                key=f"diversity.rule.{means}",
                format_func=lambda name: RULES[name],
                help="Average linkage needs neither an order nor a chain. The greedy rule depends "
                "on which answer comes first; one wrong link joins two chains.",
                persist_state="session",
            )
        )
        threshold = _threshold(means, judge)
        st.caption(threshold_note() if means == EMBEDDING else MEANS[means].about)
    return Grouping(means, rule, threshold, judge)


def _judge(means: str, data: RunData) -> ModelRef | None:
    if means == CLASSIFIER:
        chosen = classifier_choice("Classifier", _CLASSIFIERS, key="diversity.judge.classifier")
        return ModelRef(chosen) if chosen else None
    models = list(dict.fromkeys(m for c in data.run.conditions for m in voices(c)))
    found: ModelRef = st.selectbox(
        "Asked",
        models,
        key="diversity.judge.model",
        format_func=model_name,
        help="The models of this run.",
    )
    return found


def classifier_choice(label: str, known: tuple[str, ...], *, key: str) -> str:
    """Choose a sequence classifier: a known one, or any by its id or folder."""
    allowed = assessments().limits.models
    offered = [name for name in known if allowed is None or name in allowed]
    return str(
        st.selectbox(
            label,
            offered,
            key=key,
            index=None if allowed is not None and not offered else 0,
            accept_new_options=allowed is None,
            placeholder="none on this host",
            help="A sequence-classification model: a Hugging Face id or a folder. Only safetensors "
            "are read; it is downloaded when it is first needed.",
            persist_state="session",
        )
        or ""
    ).strip()


def _threshold(means: str, judge: ModelRef | None) -> float:
    if means == EMBEDDING:
        return st.slider(
            "Same meaning from this similarity on",
            0.20,
            0.95,
            MEANING_THRESHOLD,
            step=0.01,
            key="diversity.threshold",
            help="Cosine similarity, under average linkage the mean inside a meaning. Higher "
            "tells more apart.",
            persist_state="session",
        )
    usual = default_threshold(means, judge.id if judge else "")
    return st.slider(
        "Same meaning above this verdict",
        0.01,
        0.99,
        usual,
        step=0.001,
        format="%.3f",
        key=f"diversity.threshold.{means}.{usual}",
        help="0.5 is the usual rule: entailment likeliest both ways, or yes likelier than no. "
        "NoveltyBench takes 0.102 with its own classifier. Another threshold may need pairs that "
        "have not been judged.",
        persist_state="session",
    )


def threshold_note() -> str:
    """How well the default threshold does, as measured by `tests.benchmarks.meaning`."""
    return (
        f"The default, {MEANING_THRESHOLD:.2f}, was chosen on half of the town’s topics; on the "
        f"other half its groups agree with the true ideas at an adjusted Rand index of "
        f"{TOWN_RAND_INDEX:.2f} (1 is perfect, 0 is chance). On 700 pairs of longer answers that "
        f"people judged, its F1 is {JUDGED_F1:.2f}: it finds too much alike. For such answers "
        "0.80 does better, with 0.61."
    )
