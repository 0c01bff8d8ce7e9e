"""How a model is asked to follow its user: a value that a stored plan holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mirroring:
    """How a model's style should follow its user's; see `metrics.policies.Policy`.

    Attributes:
        policy: its key.
        follow: share of the way to the user taken in one turn.
        cap: longest step, in median user steps; None is off, and so below.
        dead_band: cosine distance to the user up to which it stays.
        radius: farthest it may be from its own style, in median user steps.
        cache: cosine distance to the user up to which it keeps its style.
        rule: an expression of `metrics.policy_language` that replaces follow, cap and dead band.
        remembers: whether the model sees the turns before; otherwise each line stands alone.
        feedback: whether each turn starts from the style of the last reply, as it was measured;
            otherwise from the last style that the policy asked for.
    """

    policy: str
    follow: float = 1.0
    cap: float | None = None
    dead_band: float | None = None
    radius: float | None = None
    cache: float | None = None
    rule: str = ""
    remembers: bool = True
    feedback: bool = True
