"""What the screen says of the bundled teaching model."""

import pytest
from streamlit.testing.v1 import AppTest

from data.schema import Condition, ModelRef
from data.town.prompts import off_topic_answers
from models.registry import BUNDLED_ID
from tests.factories import make_data

DECLINED = off_topic_answers()[0]


def shown(function, **arguments):
    tab = AppTest.from_function(function, kwargs=arguments).run()
    assert not tab.exception
    return tab


def show_banner(models):
    from components.teaching import teaching_banner

    teaching_banner(models)


def show_hint(data):
    from components.teaching import off_topic_hint

    off_topic_hint(data)


def run_of(model: str, texts):
    conditions = (Condition("a", "Free", ModelRef(model), n=len(texts)),)
    return make_data({"a": texts}, conditions=conditions)


@pytest.mark.parametrize(
    ("models", "banner"), [(["echo"], False), ([BUNDLED_ID], True), (["echo", BUNDLED_ID], True)]
)
def test_banner_stands_where_the_bundled_model_answers(models, banner):
    tab = shown(show_banner, models=[ModelRef(model) for model in models])
    said = " ".join(caption.value for caption in tab.caption)
    assert ("Choose another model for anything else" in said) is banner


@pytest.mark.parametrize(
    ("model", "declined", "hint"),
    [(BUNDLED_ID, 8, True), (BUNDLED_ID, 4, True), (BUNDLED_ID, 3, False), ("echo", 8, False)],
)
def test_hint_says_what_to_do_when_the_town_does_not_know(model, declined, hint):
    texts = [DECLINED] * declined + ["I think we should plant lime trees."] * (8 - declined)
    tab = shown(show_hint, data=run_of(model, texts))
    assert len(tab.info) == hint
    if hint:
        assert f"{declined} of its 8 answers say so" in tab.info[0].value
