"""The measures of synchrony, as `metrics.catalogue` has those of diversity.

Their floors and intervals count conversations (of the F-score: words), not answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from metrics.accommodation import MIN_TAGGED_WORDS
from metrics.catalogue import Measure
from metrics.conversation_bootstrap import FLOOR

_BOOTSTRAP = "Percentile bootstrap over whole conversations, the same draws for all policies; 95 %."
_ORIGIN = (
    "Cosines depend on where the middle of the scale lies, and on which texts it was fitted; read "
    "it beside the distance in median user steps."
)
_WORDS = "The word lists are ours, so values differ from those of LIWC."

_ALL = (
    Measure(
        key="synchrony",
        label="How far the bot goes with the user",
        name="Synchrony: mean cosine of bot style and user style",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher follows the user more.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t \cos(b_t, u_t)",
        tells="Whether the bot's style points where the user's does, turn by turn; with users of "
        "other conversations is what chance gives.",
        cannot_tell="Whether it is as far from the middle as the user, or whether users like it. "
        + _ORIGIN,
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
        reconstructed=True,
    ),
    Measure(
        key="stability",
        label="How steady the bot is",
        name="Stability: mean cosine of successive bot styles",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t \cos(b_t, b_{t-1}), \quad b_0 = \text{persona}",
        tells="Whether the bot's style points where it did a turn ago.",
        cannot_tell="Whether it has drifted far in many small steps. " + _ORIGIN,
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
    ),
    Measure(
        key="coherence",
        label="How much it stays itself",
        name="Coherence: mean cosine of bot style and persona",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t \cos(b_t, \text{persona})",
        tells="Whether the bot's style points where its persona's own texts do.",
        cannot_tell="Anything for a persona in the middle of the scale, which has no direction. "
        + _ORIGIN,
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
    ),
    Measure(
        key="step_size",
        label="How far it moves per turn",
        name="Mean Euclidean step of the bot",
        unit="median user steps",
        minimum=0,
        maximum=None,
        direction="Lower keeps more to itself.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t |b_t - b_{t-1}| \big/ \operatorname{median}|u_t - u_{t-1}|",
        tells="How far the bot's style moves in a turn: 1 is as far as users usually do.",
        cannot_tell="Where to: a bot that wanders and one that comes back look alike.",
        interval=_BOOTSTRAP,
        references=(),
    ),
    Measure(
        key="distance_to_user",
        label="How far it is from the user",
        name="Mean Euclidean distance of bot style and user style",
        unit="median user steps",
        minimum=0,
        maximum=None,
        direction="Lower follows the user more.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t |b_t - u_t| \big/ \operatorname{median}|u_t - u_{t-1}|",
        tells="How far the bot's style is from the user's, whatever their directions.",
        cannot_tell="In which features they differ.",
        interval=_BOOTSTRAP,
        references=(),
    ),
    Measure(
        key="distance_to_persona",
        label="How far it is from itself",
        name="Mean Euclidean distance of bot style and persona",
        unit="median user steps",
        minimum=0,
        maximum=None,
        direction="Lower keeps more to itself.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac1T \sum_t |b_t - \text{persona}| "
        r"\big/ \operatorname{median}|u_t - u_{t-1}|",
        tells="How far the bot's style is from that of its persona's own texts.",
        cannot_tell="Whether the difference is heard.",
        interval=_BOOTSTRAP,
        references=(),
    ),
    Measure(
        key="register_flips",
        label="How often it changes register",
        name="Register flip rate",
        unit="",
        minimum=0,
        maximum=1,
        direction="Lower keeps more to itself.",
        floor=FLOOR,
        digits=".0%",
        formula=r"\tfrac{1}{T-1} \sum_{t>1} \mathbb{1}[\text{informality crosses } \theta]",
        tells="In what part of the turns the bot turns from formal to informal or back.",
        cannot_tell="How large the change is: it may be a hair's breadth across the threshold.",
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
        reconstructed=True,
    ),
    Measure(
        key="legibility",
        label="How steady its instructions are",
        name="Legibility: 1 − mean instruction churn",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher keeps more to itself.",
        floor=FLOOR,
        digits=".2f",
        formula=r"1 - \tfrac{1}{T-1} \sum_{t>1} "
        r"\left[1 - |I_t \cap I_{t-1}| \big/ |I_t \cup I_{t-1}|\right]",
        tells="What part of the instruction lines stays from turn to turn.",
        cannot_tell="Whether the model obeys the lines. More hysteresis raises it.",
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
        reconstructed=True,
    ),
    Measure(
        key="predictive_synchrony",
        label="How well users foretell themselves",
        name="Predictive synchrony of a window of w turns",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more alike.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\cos\left(\tfrac1w \sum_{k=1}^{w} u_{t-k},\; u_t\right)",
        tells="How far the mean of the user's last turns points where the next one will.",
        cannot_tell="Anything about turns with fewer than w before them: longer windows look at "
        "fewer and later turns. " + _ORIGIN,
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
        reconstructed=True,
    ),
    Measure(
        key="lagged_synchrony",
        label="How long users stay like themselves",
        name="Synchrony of a user with the same user w turns later",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more alike.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\cos(u_{t-w},\; u_t)",
        tells="How far one turn of a user points where the one w turns later does.",
        cannot_tell="What a bot could know from all turns so far. " + _ORIGIN,
        interval=_BOOTSTRAP,
        references=("Brandt 2025, Synchrony–stability",),
        reconstructed=True,
    ),
    Measure(
        key="hypervolume",
        label="How good the policies are",
        name="Hypervolume of the frontier of stability and synchrony",
        unit="",
        minimum=0,
        maximum=4,
        direction="Higher is a better choice of policies.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\lambda\left(\bigcup_p [-1, \text{stability}_p] \times "
        r"[-1, \text{synchrony}_p]\right)",
        tells="The area of pairs of stability and synchrony that some policy reaches or beats: 4 "
        "is a policy perfect at both.",
        cannot_tell="Which policy to take. More policies can only raise it.",
        interval=_BOOTSTRAP,
        references=("Zitzler and Thiele 1999",),
    ),
    Measure(
        key="lsm",
        label="How alike two people use small words",
        name="Language style matching (LSM), pooled turns",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is more alike.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\tfrac19 \sum_c \left[1 - \frac{|p_{1c} - p_{2c}|}{p_{1c} + p_{2c} + 0.0001}"
        r"\right]",
        tells="How alike the shares of nine classes of function words are.",
        cannot_tell="Who follows whom; and strangers score high too, because everybody needs the "
        "same small words. " + _WORDS,
        interval="Percentile bootstrap over whole conversations; 95 %.",
        references=("Ireland and Pennebaker 2010",),
    ),
    Measure(
        key="rlsm",
        label="How alike replies use small words",
        name="Reciprocal language style matching (rLSM)",
        unit="",
        minimum=0,
        maximum=1,
        direction="Higher is more alike.",
        floor=FLOOR,
        digits=".2f",
        formula=r"\text{mean of } \mathrm{LSM}(A_t, B_{t+1}) \text{ and } "
        r"\mathrm{LSM}(B_t, A_{t+1})",
        tells="How alike the shares of function words are in a turn and the reply to it.",
        cannot_tell="Much on short turns, where shares jump: turns below five words are left out. "
        + _WORDS,
        interval="Percentile bootstrap over whole conversations; 95 %.",
        references=("Müller-Frommeyer et al. 2019",),
        reconstructed=True,
    ),
    Measure(
        key="coordination",
        label="How much replies take up small words",
        name="Linguistic coordination, aggregate 3",
        unit="",
        minimum=-1,
        maximum=1,
        direction="Higher is more alike.",
        floor=FLOOR,
        digits=".3f",
        formula=r"P(m \in \text{reply} \mid m \in \text{turn}) - P(m \in \text{reply})",
        tells="How much likelier a class of function words is in a reply when it was in the turn.",
        cannot_tell="Anything without its null beside it: speakers of one topic coordinate by "
        "chance. " + _WORDS,
        interval="Shuffled replies within conversation and speaker, as a band of chance.",
        references=("Danescu-Niculescu-Mizil et al. 2012, Echoes of Power",),
    ),
    Measure(
        key="formality",
        label="How formal the word classes are",
        name="Formality F-score",
        unit="",
        minimum=0,
        maximum=100,
        direction="Higher is more formal.",
        floor=MIN_TAGGED_WORDS,
        digits=".0f",
        formula=r"(\text{noun} + \text{adj} + \text{prep} + \text{article} - \text{pron} - "
        r"\text{verb} - \text{adv} - \text{interj} + 100) / 2",
        tells="Whether nouns and what goes with them outweigh pronouns and verbs; 50 is balance.",
        cannot_tell="Anything about a single turn: it needs a few hundred tagged words. Tags "
        "often know no articles: all determiners count as such.",
        interval="Percentile bootstrap over whole conversations; 95 %.",
        references=("Heylighen and Dewaele 1999",),
    ),
)

_COUNTED = {"coordination": "replies", "formality": "words"}

SYNCHRONY_CATALOGUE: Mapping[str, Measure] = MappingProxyType(
    {each.key: replace(each, counted=_COUNTED.get(each.key, "conversations")) for each in _ALL}
)
