"""What several views of groups say when there is nothing to compare."""

from __future__ import annotations

import streamlit as st

from components.controls.groups import Draft


def one_group(draft: Draft) -> bool:
    """Whether there is one group only, which it then says."""
    if draft.grouping.compares:
        return False
    st.info(
        "There is one group only, so nothing to compare. Choose an attribute under “Group raters "
        "by”.",
        icon=":material/group:",
    )
    return True
