"""What audits have in common that compare prompts in which one thing is exchanged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd

from metrics.disparity import Gap, MixedScores


class Paired(Protocol):
    """One way of asking, analysed."""

    @property
    def rows(self) -> pd.DataFrame:
        """One per prompt, or per reply, that came."""
        ...

    @property
    def baselines(self) -> Mapping[str, str]:
        """What is exchanged → the value that others are compared with."""
        ...

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Every value beside its baseline."""
        ...

    def mixed(self) -> MixedScores:
        """One mixed model over all rows; takes seconds."""
        ...
