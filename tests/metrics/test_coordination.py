import numpy as np
import pytest

from metrics.coordination import coordination
from metrics.markers import MARKERS

NAN = float("nan")
ARTICLE, PLAIN = "the boat", "boats sail"


def rng():
    return np.random.default_rng(0)


def dialogue(pairs, *, name="x"):
    """A says the first of each pair, B the second."""
    texts = [text for pair in pairs for text in pair]
    return texts, ["A", "B"] * len(pairs), [name] * len(texts)


def naive(texts, speakers, conversations, threshold):
    """Conditional and plain shares, tallied pair by pair as the paper puts it."""
    tallies = {}
    for place in range(1, len(texts)):
        same = conversations[place] == conversations[place - 1]
        if not same or speakers[place] == speakers[place - 1]:
            continue
        rows = tallies.setdefault(speakers[place], [])
        rows.append((set(texts[place - 1].split()), set(texts[place].split())))
    scores = {}
    for speaker, rows in tallies.items():
        scores[speaker] = []
        for listed in MARKERS.values():
            heard = [bool(turn & listed) for turn, _ in rows]
            said = [bool(reply & listed) for _, reply in rows]
            both = sum(h and s for h, s in zip(heard, said, strict=True))
            defined = sum(heard) >= threshold
            scores[speaker].append(both / sum(heard) - sum(said) / len(rows) if defined else NAN)
    return scores


def test_by_hand():
    # B hears the article in 4 of 6 turns and answers 3 of these with one; 4 of all 6 replies
    # have one: 3/4 − 4/6
    pairs = [(ARTICLE, ARTICLE)] * 3 + [(ARTICLE, PLAIN), (PLAIN, ARTICLE), (PLAIN, PLAIN)]
    found = coordination(*dialogue(pairs), rng(), shuffles=5)
    b = found.speakers.index("B")
    assert found.scores[b, 0] == pytest.approx(3 / 4 - 4 / 6)
    assert found.n == 11
    assert np.isnan(found.scores[:, 1:]).all()  # nothing else was said


def test_extremes():
    copies = coordination(*dialogue([(ARTICLE, ARTICLE), (PLAIN, PLAIN)] * 20), rng(), shuffles=99)
    b = copies.speakers.index("B")
    assert copies.scores[b, 0] == pytest.approx(1 - 1 / 2)
    opposite = coordination(*dialogue([(ARTICLE, PLAIN), (PLAIN, ARTICLE)] * 20), rng(), shuffles=9)
    assert opposite.scores[opposite.speakers.index("B"), 0] == pytest.approx(0 - 1 / 2)


def made_up(seed, *, turns=400, echo=0.0):
    """Two conversations by three people who repeat the class heard with probability `echo`."""
    draw = np.random.default_rng(seed)
    words = [next(iter(sorted(listed - set("nor neither".split())))) for listed in MARKERS.values()]
    texts, speakers, conversations, before = [], [], [], set()
    for place in range(turns):
        said = {w for w in words if draw.random() < (echo if w in before else 0) or
                draw.random() < 0.35}  # fmt: skip
        before = said
        texts.append(" ".join(sorted(said)) or "boats")
        speakers.append(["Ada", "Ben", "Cleo"][(place + place // 200) % 3 if place % 7 else 0])
        conversations.append("first" if place < turns // 2 else "second")
    return texts, speakers, conversations


@pytest.mark.parametrize("seed", range(3))
def test_scores_agree_with_plain_tallies(seed):
    data = made_up(seed, echo=0.5)
    found = coordination(*data, rng(), shuffles=2, threshold=50)
    expected = naive(*data, 50)
    assert set(found.speakers) == set(expected)
    for speaker, row in zip(found.speakers, found.scores, strict=True):
        assert row == pytest.approx(expected[speaker], nan_ok=True)


def test_chance_is_the_shuffled_replies():
    following = coordination(*made_up(0, echo=0.6), rng(), shuffles=99)
    assert following.p_value == 1 / 100
    assert following.aggregate_3 > following.null.max()
    p_values = [
        coordination(*made_up(seed, turns=120), rng(), shuffles=39).p_value for seed in range(40)
    ]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.15)  # nobody follows
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15


def test_shuffling_keeps_what_conversations_share():
    # everybody uses articles in one conversation and nobody in the other: a topic, no following
    first = dialogue([(ARTICLE, ARTICLE)] * 12, name="x")
    second = dialogue([(PLAIN, PLAIN)] * 12, name="y")
    data = [a + b for a, b in zip(first, second, strict=True)]
    found = coordination(*data, rng(), shuffles=19)
    assert found.aggregate_3 > 0.4
    assert found.null == pytest.approx(np.full(19, found.aggregate_3))
    assert found.p_value == 1


def test_aggregates_by_hand():
    found = coordination(*made_up(1), rng(), shuffles=1, markers=["articles", "negations"])
    object.__setattr__(found, "scores", np.array([[0.2, 0.4], [0.6, NAN], [NAN, NAN]]))
    assert found.aggregate_1 == pytest.approx(0.3)  # the first speaker alone
    assert found.aggregate_2 == pytest.approx((0.3 + (0.6 + 0.4) / 2) / 2)
    assert found.aggregate_3 == pytest.approx((0.3 + 0.6) / 2)


def test_options_change_the_answer():
    data = made_up(2, turns=80, echo=0.4)
    found = coordination(*data, rng(), shuffles=3)
    assert np.isnan(coordination(*data, rng(), shuffles=3, threshold=70).aggregate_3)
    fewer = coordination(*data, rng(), shuffles=3, markers=["articles"])
    assert fewer.scores == pytest.approx(found.scores[:, :1])
    assert len(coordination(*data, rng(), shuffles=7).null) == 7


def test_turns_without_words_make_no_pairs():
    texts = [ARTICLE, "🙂", ARTICLE, "Привет", ARTICLE]
    found = coordination(texts, ["A", "B"] * 2 + ["A"], ["x"] * 5, rng(), shuffles=2)
    assert found.n == 0
    assert np.isnan(found.aggregate_3)
    assert np.isnan(found.p_value)
    assert found.speakers == ()


def test_mistakes_are_refused():
    for options in ({"threshold": 0}, {"shuffles": 0}, {"markers": ["verbs"]}):
        with pytest.raises(ValueError, match="known markers and numbers ≥ 1"):
            coordination([ARTICLE], ["A"], ["x"], rng(), **options)
