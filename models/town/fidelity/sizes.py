"""How much is asked of the model."""

from __future__ import annotations

from dataclasses import dataclass

from data.town import Topic, load_town


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of what is asked.

    Attributes:
        topic_step: every how many-th topic is asked for its distribution of ideas.
        draws: replies per such topic, to nobody in particular and as a group. The excess over the
            honest floor depends on it, so it is the same in a quick run.
        resident_draws: replies per such topic as a resident.
        cool_draws: replies per topic at the low temperature.
        style_step: every how many-th topic is asked at each level of each feature.
        conversations: per plan.
        judgements: per kind.
        lists: verbalised lists.
        off_topic: foreign questions.
    """

    topic_step: int = 1
    draws: int = 200
    resident_draws: int = 100
    cool_draws: int = 24
    style_step: int = 1
    conversations: int = 96
    judgements: int = 336
    lists: int = 168
    off_topic: int = 200

    def topics(self) -> list[Topic]:
        """The topics that are asked for their distribution of ideas."""
        return list(load_town().topics.values())[:: self.topic_step]


FULL = Sizes()
QUICK = Sizes(
    topic_step=6, resident_draws=40, cool_draws=6, style_step=3,
    conversations=24, judgements=126, lists=42,
)  # fmt: skip
