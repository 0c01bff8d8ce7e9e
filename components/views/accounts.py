"""What each condition spent and got for it: tokens, calls, places that stayed empty."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from components.figures.palette import condition_mark
from components.findings import AtTokens, coloured
from components.layout import theme
from components.text import one_line, plural, printable
from components.views.gate import Shown
from data.schema import Condition, Run, RunData, Sample
from experiments.budget import Account, accounts, common_tokens, distinct_at
from experiments.strategies.registry import method_of, voices
from models.registry import BUNDLED_ID

_UNTAUGHT = "Saltmere was not taught this way of asking."
_EMPTY = {"lookahead": "because its trees stayed small: the model was seldom torn between two"}


def asks_differently(run: Run) -> bool:
    """Whether a condition asks in another way than plainly, so that answers differ in cost."""
    return any(condition.strategy.name != "plain" for condition in run.conditions)


def for_the_same_tokens(shown: Shown, *, least: int = 0) -> AtTokens | None:
    """Different meanings at the tokens that every condition with an answer has spent.

    Args:
        shown: what is counted.
        least: answers that these tokens must buy of each, by what one costs on average.

    Returns:
        None where they buy fewer, or where a server didn't tell what it drew.
    """
    spent = {key: account for key, account in accounts(shown.whole).items() if account.answers}
    tokens = common_tokens(spent)
    if not tokens or any(tokens < least * account.per_answer for account in spent.values()):
        return None
    found = distinct_at(shown.data, shown.analysis.labels, tokens, spent=spent)
    return AtTokens(tokens, found)


def account_notes(data: RunData, names: Mapping[str, str]) -> None:
    """Say which conditions got fewer answers than they asked for, and why."""
    spent = accounts(data)
    lost = {c.key: lost_words(spent[c.key], c) for c in data.run.conditions if c.key in spent}
    lines = [
        f"{coloured(names[key], key, theme())}: {words}" for key, words in lost.items() if words
    ]
    if lines:
        lines.append(
            "Empty places are paid for, and are no answers; **Answers** shows the replies."
        )
    with st.container(gap="xxsmall"):
        for line in lines:
            st.caption(line)
    if empty := wordless(data):
        total = plural(len(data.samples), "answer")
        st.warning(
            f"{empty:,} of {total} without a word: the model ended its turn at once. "
            "They count as answers, and all mean the same.",
            icon=":material/hide_source:",
        )


def wordless(data: RunData) -> int:
    """How many answers are empty or hold nothing but white space."""
    return sum(not sample.text.strip() for sample in data.samples)


def lost_words(account: Account, condition: Condition) -> str:
    """What went wrong, in a sentence; "" when nothing did."""
    parts = []
    if account.unread:
        calls = plural(account.unread_calls, "call")
        parts.append(f"{calls} gave nothing that could be read ({_places(account.unread)})")
    if account.missing:
        why = _EMPTY.get(condition.strategy.name, "because replies were short")
        parts.append(f"{_places(account.missing)} stayed empty, {why}")
    if not parts:
        return ""
    text = f"{'; '.join(parts)}."
    return f"{text} {_UNTAUGHT}" if _is_untaught(condition) else text


def _is_untaught(condition: Condition) -> bool:
    """Whether the bundled model was asked in a way it never learnt."""
    bundled = all(model.id == BUNDLED_ID for model in voices(condition))
    return bundled and not method_of(condition.strategy).suits_bundled(condition.strategy)


def _places(count: int) -> str:
    return plural(count, "place")


def accounts_table(shown: Shown, names: Mapping[str, str]) -> None:
    """All conditions at the same number of tokens."""
    spent = accounts(shown.whole)
    at_tokens = for_the_same_tokens(shown)
    if at_tokens is None:
        st.caption("A server did not tell how many tokens were drawn, so there is no comparison.")
        return
    st.caption(
        f"For the same {at_tokens.tokens:,} tokens: of each condition as many whole calls as they "
        "buy, by what its calls cost on average. Plans, lists, discarded branches and empty "
        "places count; reading prompts does not."
    )
    frame = accounts_frame(spent, at_tokens, names)
    st.dataframe(frame, hide_index=True, alt="What each condition spent and found")


def accounts_frame(
    spent: Mapping[str, Account], at_tokens: AtTokens, names: Mapping[str, str]
) -> pd.DataFrame:
    """One row per condition."""
    return pd.DataFrame(
        {
            "condition": f"{condition_mark(key).glyph} {one_line(names[key])}",
            "different answers": _found(at_tokens, key),
            "tokens per answer": f"{account.per_answer:.1f}" if account.answers else "–",
            "tokens": account.tokens,
            "calls": account.calls,
            "answers": account.answers,
            "empty places": account.missing + account.unread,
        }
        for key, account in spent.items()
    )


def _found(at_tokens: AtTokens, key: str) -> str:
    found = at_tokens.distinct.get(key)
    if found is None:
        return "no answer"
    if not found.is_defined:
        return found.reason
    return f"{found.value:.1f} ({found.low:.1f}–{found.high:.1f})"


def steps_of(sample: Sample) -> None:
    """What led to an answer, as it was written."""
    for step in sample.steps:
        st.caption(one_line(step.label))
        st.code(printable(step.text), language=None, wrap_lines=True)


def empty_places(data: RunData, names: Mapping[str, str]) -> None:
    """The replies that gave too little or nothing, each once."""
    replies = {sample.call_id: (key, sample) for key, sample in data.voids}
    if not replies:
        return
    label = f"{plural(len(replies), 'call')} with empty places"
    with st.expander(label, key="diversity.voids", on_change="rerun") as expander:
        if not expander.open:
            return
        for key, sample in list(replies.values())[:50]:
            st.markdown(coloured(names[key], key, theme()))
            steps_of(sample)
