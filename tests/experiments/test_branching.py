from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from experiments.branching import END, Spelled, branches, spelled
from models.registry import BUNDLED_FOLDER
from models.token_texts import load_token_texts
from tests.factories import make_data, make_run


def said(*texts, entropies=None):
    pieces = tuple(tuple(text.split("|")) for text in texts)
    known = entropies or [[0.5] * len(row) for row in pieces]
    arrays = tuple(np.array(row, dtype=float) for row in known)
    return Spelled(pieces, arrays, arrays, (True,) * len(pieces), (False,) * len(pieces))


def told(branch):
    return "".join(branch.pieces), branch.column, branch.rows


def test_common_beginnings_are_drawn_once_and_part_where_answers_differ():
    found = branches(said("we|should|paint", "we|should|dig", "we|should|dig"), [0, 1, 2], least=1)
    assert [told(b) for b in found] == [
        ("weshould", 0, (0, 1, 2)),
        ("dig", 1, (1, 2)),
        ("paint", 1, (0,)),
    ]
    assert found[0].parts == 2
    assert found[0].goes_on == {found[1].id: 2, found[2].id: 1}


def test_ways_meet_again_where_their_last_two_tokens_are_the_same():
    answers = said("I|think|we|should|dig", "I|guess|we|should|rest", "You|we|should|dig")
    found = {"".join(b.pieces): b for b in branches(answers, range(3), least=1)}
    # "think we" and "guess we" are two contexts, "we should" is one.
    assert set(found) == {"I", "thinkwe", "guesswe", "Youwe", "should", "dig", "rest"}
    assert found["should"].rows == (0, 1, 2)
    assert found["should"].starts == (3, 3, 2)
    assert found["should"].column == 2
    assert found["dig"].rows == (0, 2)
    tree = branches(answers, range(3), least=1, context=0)
    assert sorted(len(b.rows) for b in tree) == [1, 1, 1, 2]


def test_ways_do_not_meet_where_that_would_close_a_circle():
    found = branches(said("a|b|a|b|a|b", "a|b|a|b"), range(2), least=1)
    assert ["".join(b.pieces) for b in found] == ["abab", "ab"]
    # x y comes before p q in one answer and behind it in the other.
    both = branches(said("s|x|y|p|q|e", "t|p|q|x|y|e"), range(2), least=1)
    columns = {b.id: b.column for b in both}
    assert all(columns[later] > b.column for b in both for later in b.goes_on)


def test_every_answer_is_spelled_by_its_way():
    rng = np.random.default_rng(0)
    texts = ["|".join(rng.choice(list("abc"), rng.integers(1, 9))) for _ in range(40)]
    answers = said(*texts)
    for context in (0, 1, 2, 3):
        found = branches(answers, range(40), least=1, context=context)
        for row, pieces in enumerate(answers.pieces):
            own = sorted((b.starts[b.rows.index(row)], b) for b in found if row in b.rows)
            assert tuple(piece for _, b in own for piece in b.pieces) == pieces
            steps = pairwise(own)
            assert all(b.id in a.goes_on and b.column > a.column for (_, a), (_, b) in steps)


def test_small_branches_are_drawn_as_one_and_come_back():
    found = branches(said("a|x|p|q", "a|y|p|q", "a|z|c", "a|z|c"), range(4), least=2)
    rest = next(b for b in found if b.others)
    assert (rest.others, rest.rows, rest.starts, rest.column) == (2, (0, 1), (1, 1), 1)
    (behind,) = rest.goes_on
    joined = next(b for b in found if b.id == behind)
    assert told(joined) == ("q", 2, (0, 1))


def test_the_entropy_is_that_of_the_choice_where_answers_part():
    found = branches(said("a|x", "a|y", entropies=[[9, 1.0], [9, 2.0]]), range(2), least=1)
    assert found[0].entropy == 1.5
    assert np.isnan(found[1].entropy)
    unknown = branches(said("a|x", "a|y", entropies=[[1, np.nan]] * 2), range(2), least=1)
    assert np.isnan(unknown[0].entropy)
    alike = branches(said("a|x|y", "a|x|z"), range(2), least=1)
    assert "".join(alike[0].pieces) == "ax"


def test_an_answer_that_ends_leaves_the_others_going_on():
    found = branches(said("a", "a|b", "a|c"), range(3), least=1)
    assert found[0].pieces == ("a",)
    assert found[0].parts == 2
    assert len(found) == 3


def test_ids_stay_while_others_are_hidden():
    everything = {b.id for b in branches(said("a|x", "a|y", "a|y"), range(3), least=1)}
    fewer = branches(said("a|x", "a|y", "a|y"), range(3), least=2)
    assert {b.id for b in fewer if not b.others} < everything


def test_no_answers_have_no_branches():
    assert branches(said(), []) == ()


@pytest.mark.parametrize("wrong", [{"least": 0}, {"context": -1}])
def test_refuses_branches_of_nobody_and_less_than_no_context(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        branches(said("a"), [0], **wrong)


def test_answers_out_of_a_longer_reply_have_no_tokens_of_their_own():
    data = make_data({"a": ["one two", "three"]})
    listed = replace(data.samples[0], token_ids=(), logprobs=(), entropies=(), spent=3)
    found = spelled(replace(data, samples=(listed, data.samples[1])), lambda _: None)
    assert (found.taken, found.exact[0]) == ((True, False), False)
    assert found.pieces[0] == (" one", " two")


def test_without_a_tokenizer_words_stand_for_tokens():
    data = make_data({"a": ["one two", "one three"]})
    found = spelled(data, lambda ref: None)
    assert found.pieces == ((" one", " two"), (" one", " three"))
    assert found.exact == (True, True)  # as many words as tokens
    assert list(found.entropies[0]) == [0.5, 0.5]


def test_words_that_are_not_as_many_as_tokens_have_no_entropy():
    data = make_data({"a": ["one two"]})
    longer = replace(
        data.samples[0], token_ids=(1,) * 5, logprobs=(-1.0,) * 5, entropies=(1.0,) * 5
    )
    found = spelled(replace(data, samples=(longer,)), lambda _: None)
    assert found.exact == (False,)
    assert np.isnan(found.entropies[0]).all()


def test_an_empty_run_can_be_spelled():
    run = make_run()
    nothing = np.zeros((0, 2), np.float32)
    data = type(make_data({"a": ["x"]}))(run, (), (), nothing, nothing)
    assert spelled(data, lambda _: None).pieces == ()


@pytest.mark.skipif(not (BUNDLED_FOLDER / "tokenizer.json").exists(), reason="No weights.")
def test_the_bundled_tokenizer_spells_answers_back():
    from tokenizers import Tokenizer

    from data.schema import ModelRef

    text = "I know we can dredge the channel, and – who knows – be glad."
    ids = Tokenizer.from_file(str(BUNDLED_FOLDER / "tokenizer.json")).encode(text).ids
    reader = load_token_texts(ModelRef("saltmere"))
    assert "".join(reader.pieces(ids)) == text


@pytest.mark.parametrize("name", ["echo", "no such thing", "server:x@http://localhost:1/v1", "a/b"])
def test_models_without_a_file_here_have_no_reader(name):
    from data.schema import ModelRef

    assert load_token_texts(ModelRef(name)) is None


def test_the_end_has_a_name():
    class Reader:
        def pieces(self, ids):
            return ("one", "")

    found = spelled(make_data({"a": ["one two"]}), lambda _: Reader())
    assert found.pieces == (("one", END),)


def test_an_answer_that_repeats_itself_thousands_of_times_is_one_branch():
    text = "|".join(["long"] * 2000)
    found = branches(said(text, text), [0, 1])
    assert [(len(b.pieces), b.rows) for b in found] == [(2000, (0, 1))]
