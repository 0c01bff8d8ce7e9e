import pytest

from components.findings import diversity_finding
from components.recorded import recorded_divergences, recorded_run
from data.examples.prompts import example_prompts
from data.schema import RunState
from experiments.analysis import analyse
from experiments.precision import summarise
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


def test_the_recording_of_two_precisions_is_whole_and_compared():
    data = recorded_run("quantization")
    assert data is not None
    assert data.run.state is RunState.DONE
    assert data.run.owner == ""
    assert [c.model.quantization for c in data.run.conditions] == ["bf16", "nf4"]
    assert {c.model.id for c in data.run.conditions} == {BUNDLED_ID}
    found = recorded_divergences("quantization")
    for key, sample in zip(data.keys, data.samples, strict=True):
        if sample.token_ids:
            assert len(found[key, sample.index].kl) == len(sample.token_ids)
    summary = summarise(data, found)
    assert all(estimate.is_defined and estimate.low > 0 for estimate in summary.kl.values())
