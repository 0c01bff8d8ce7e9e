from dataclasses import replace

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
    return Spelled(pieces, arrays, arrays, (True,) * len(pieces))


def test_common_beginnings_are_drawn_once_and_part_where_answers_differ():
    tree = branches(said("we|should|paint", "we|should|dig", "we|should|dig"), [0, 1, 2], least=1)
    assert [("".join(b.pieces), b.start, b.end, b.rows, b.low) for b in tree] == [
        ("weshould", 0, 2, (0, 1, 2), 0),
        ("dig", 2, 3, (1, 2), 0),
        ("paint", 2, 3, (0,), 2),
    ]
    assert tree[0].parts == 2
    assert [b.parent for b in tree] == ["", tree[0].id, tree[0].id]


def test_small_branches_are_drawn_as_one():
    tree = branches(said("a|x", "a|y", "a|z", "a|z"), range(4), least=2)
    rest = tree[-1]
    assert (rest.others, rest.rows, rest.low, rest.start) == (2, (0, 1), 2, 1)
    assert sum(len(b.rows) for b in tree if b.parent == tree[0].id) == 4


def test_the_entropy_is_that_of_the_choice_where_answers_part():
    tree = branches(said("a|x", "a|y", entropies=[[9, 1.0], [9, 2.0]]), range(2), least=1)
    assert tree[0].entropy == 1.5
    assert np.isnan(tree[1].entropy)
    unknown = branches(said("a|x", "a|y", entropies=[[1, np.nan]] * 2), range(2), least=1)
    assert np.isnan(unknown[0].entropy)


def test_an_answer_that_ends_leaves_the_others_going_on():
    tree = branches(said("a", "a|b", "a|c"), range(3), least=1)
    assert tree[0].end == 1
    assert tree[0].parts == 2
    assert len(tree) == 3


def test_ids_stay_while_others_are_hidden():
    everything = {b.id for b in branches(said("a|x", "a|y", "a|y"), range(3), least=1)}
    fewer = branches(said("a|x", "a|y", "a|y"), range(3), least=2)
    assert {b.id for b in fewer if not b.others} < everything


def test_no_answers_have_no_branches():
    assert branches(said(), []) == ()


def test_refuses_branches_of_nobody():
    with pytest.raises(ValueError, match="least"):
        branches(said("a"), [0], least=0)


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
