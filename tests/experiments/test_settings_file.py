"""YAML in, experiment out; what is wrong is named with its line."""

from __future__ import annotations

import pytest

from data.errors import ChoraleError, PromptError
from data.schema import Condition, Decoding, ModelRef, Strategy
from experiments.quantization import QuantizationExperiment
from experiments.settings_file import read_experiment

GOOD = """\
kind: sampling
prompt: What should the harbour become?
seed: 7
conditions:
  - name: Cool
    model: echo
    temperature: 0.4
    n: 64
  - {key: x, model: o/m, revision: main, quantization: nf4, n: 8, top_p: 0.9, top_k: 5,
     min_p: 0.1, max_new_tokens: 9, temperature: 1, stop: ["\\n", The end],
     system: You are a fisher.}
  - {model: echo, n: 8, strategy: verbalized, options: {answers: 4}, choir: ["echo#two"]}
"""


def test_two_precisions_can_be_written_down():
    pair = "[{model: echo, n: 8}, {model: echo, n: 8, quantization: nf4}]"
    found = read_experiment(f"kind: quantization\nprompt: Why?\nconditions: {pair}")
    assert isinstance(found, QuantizationExperiment)
    with pytest.raises(ChoraleError, match="line 1: “kind” must be “sampling” or “quantization”"):
        read_experiment(f"kind: other\nprompt: Why?\nconditions: {pair}")


def test_everything_can_be_written_down():
    experiment = read_experiment(GOOD)
    assert (experiment.prompt, experiment.seed) == ("What should the harbour become?", 7)
    assert experiment.conditions == (
        Condition("a", "Cool", ModelRef("echo"), Decoding(0.4), n=64),
        Condition("x", "X", ModelRef("o/m", "main", "nf4"),
                  Decoding(1, 0.9, 5, 0.1, 9, ("\n", "The end")), "You are a fisher.", 8),
        Condition("c", "C", ModelRef("echo"), n=8, choir=(ModelRef("echo#two"),),
                  strategy=Strategy("verbalized", (("answers", 4),))),
    )  # fmt: skip


def test_most_can_be_left_out():
    experiment = read_experiment("prompt: Why?\nconditions: [{model: echo, n: 8}]")
    assert experiment.seed == 0
    assert experiment.conditions == (Condition("a", "A", ModelRef("echo"), n=8),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("prompt:", "promt:"), "line 2: “promt” is unknown; did you mean “prompt”?"),
        (("    n: 64", "    samples: 64"), "line 8: “samples” is unknown; known are key, name"),
        (("    n: 64\n", ""), "line 5: “n” is missing"),
        (("prompt: What should the harbour become?\n", ""), "line 1: “prompt” is missing"),
        (("seed: 7", "seed: lucky"), "line 3: “seed” must be a whole number, but it is 'lucky'"),
        (("seed: 7", "seed: true"), "line 3: “seed” must be a whole number"),
        (("seed: 7", "seed: 7\nseed: 8"), "line 4: “seed” is there twice"),
        (("temperature: 0.4", "temperature: hot"), "line 7: “temperature” must be a number"),
        (('["\\n", The end]', "The end"), "line 10: “stop” must be a list"),
        (("The end", "3"), "line 10: “stop” must be a list of texts"),
        (("verbalized", "wishful"), "line 12: There is no strategy called “wishful”"),
        (("answers: 4", "answers: 1"), "line 12: For “Verbalized sampling”, “Answers per list”"),
        (("answers: 4", "lists: 1"), "line 12: “Verbalized sampling” has no option “lists”"),
        (("{answers: 4}", "4"), "line 12: “options” must be keys"),
        (('["echo#two"]', "[1]"), "line 12: “choir” must be a list of models"),
        (("nf4", "nf5"), "line 9: “quantization” must be one of bf16"),
        (("kind: sampling", "kind: guessing"), "line 1: “kind” must be “sampling”"),
        (("  - name: Cool", "  - Cool\n  - name: Cool"), "line 5: there should be keys"),
        (("seed: 7", "seed: [7"), "it is no YAML"),
        (("seed: 7", "seed: !!python/object:os.system 7"), "line 3: “seed” can't be read"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(change, words):
    with pytest.raises(ChoraleError) as raised:
        read_experiment(GOOD.replace(*change))
    assert words in raised.value.what_happened


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_refused(text):
    with pytest.raises(ChoraleError, match="empty"):
        read_experiment(text)


def test_what_an_experiment_refuses_is_refused_here_too():
    with pytest.raises(PromptError):
        read_experiment(GOOD.replace("What should the harbour become?", '" "'))
    with pytest.raises(ChoraleError, match="n must be"):
        read_experiment(GOOD.replace("n: 64", "n: 7"))
    with pytest.raises(ChoraleError, match="conditions"):
        read_experiment("prompt: Why?\nconditions: []")
