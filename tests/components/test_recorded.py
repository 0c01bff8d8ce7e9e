import pytest

from components.findings import diversity_finding
from components.recorded import recorded_run
from data.examples.prompts import example_prompts
from data.schema import RunState
from experiments.analysis import analyse
from metrics.partition import meaning_tree
from models.registry import BUNDLED_ID


@pytest.fixture(scope="module")
def recording():
    return recorded_run()


def test_the_recording_is_a_whole_run_of_the_bundled_model(recording):
    assert recording is not None
    assert recording.run.state is RunState.DONE
    assert {c.model.id for c in recording.run.conditions} == {BUNDLED_ID}
    assert len(recording.keys) == sum(c.n for c in recording.run.conditions)
    assert recording.run.prompt in example_prompts()


def test_the_recording_belongs_to_nobody_and_names_its_embedder(recording):
    assert recording.run.owner == ""
    assert recording.run.embedder


def test_the_recording_has_something_to_say(recording):
    analysis = analyse(recording, meaning_tree(recording.vectors), resamples=50)
    names = {c.key: c.name for c in recording.run.conditions}
    words = diversity_finding(analysis, names, theme="light", running=False)
    assert words.startswith("In 96 answers each")
    assert all(
        estimate.is_defined
        for panel in analysis.panels.values()
        for estimate in panel.estimates.values()
    )
