"""Sequence classifiers from the Hub or a folder: of pairs of answers, or of how good one is.

torch and transformers are imported in the loader, never at import of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import MemoryBudgetError, ModelError
from data.schema import ModelRef
from models.loading import GIB, check_files, first_line
from models.loading_hub import fetch
from models.registry import available_memory, display_name, resolve

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Task = Literal["entailment", "equivalence", "score"]

BATCH = 16  # texts read at once
LONGEST = 512  # tokens; more are cut, in pairs from the longer text
_SPARE = 1.25  # memory beside the weights
_NEGATED = ("not_entail", "non_entail", "non-entail", "no_entail")


class TextClassifier:
    """A loaded sequence classifier. Used by one thread at a time.

    Args:
        model: with a classification head.
        tokenizer: its own.
        name: id and revision.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str
    ) -> None:
        self._model, self._tokenizer, self._id = model, tokenizer, name

    @property
    def id(self) -> str:
        """Name and revision."""
        return self._id

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels in lower case, in the order of its outputs."""
        names: Any = self._model.config.id2label
        return tuple(str(names[place]).lower() for place in range(len(names)))

    @property
    def task(self) -> Task:
        """What it was trained for, by its labels.

        Raises:
            ModelError: they are neither those of entailment, nor two, nor one.
        """
        if self.column("entail") is not None:
            return "entailment"
        if len(self.labels) in (1, 2):
            return "score" if len(self.labels) == 1 else "equivalence"
        raise ModelError(
            f"{self._id} sorts texts into {', '.join(self.labels)[:120]}, which says nothing of "
            "whether two answers mean the same or how good one is.",
            "Choose a classifier of entailment or equivalence, or a reward model.",
        )

    def column(self, word: str) -> int | None:
        """The output whose label begins with a word; None where there is none."""
        found = (
            place
            for place, label in enumerate(self.labels)
            if label.startswith(word) and not label.startswith(_NEGATED)
        )
        return next(found, None)

    def logits(
        self,
        firsts: Sequence[str],
        seconds: Sequence[str] | None = None,
        *,
        each: int = 0,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float32]:
        """What it says of each text, or of each pair.

        Args:
            firsts: texts.
            seconds: as many, where pairs are judged.
            each: tokens to which either text is cut; 0 cuts only what is too long together.
            should_stop: once true, no further batch is read.

        Returns:
            (texts, labels); NaN in the rows that a stop left out.

        Raises:
            ModelError: its output is not a number, or it can't be run.
        """
        columns = [[self._cut(text, each) for text in side] for side in (firsts, seconds or ())]
        found = np.full((len(firsts), len(self.labels)), np.nan, dtype=np.float32)
        sizes = [sum(map(len, pair)) for pair in zip(*filter(None, columns), strict=True)]
        order = np.argsort(sizes, kind="stable")  # texts of like length need little padding
        for start in range(0, len(order), BATCH):
            if should_stop():
                break
            rows = order[start : start + BATCH]
            batch = [[side[row] for row in rows] for side in columns if side]
            found[rows] = self._read(*batch)
        return found

    def rewards(
        self,
        question: str,
        answers: Sequence[str],
        *,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> NDArray[np.float64]:
        """How good it finds each answer to a question: its one logit.

        Where its tokenizer has a chat template, question and answer are read as a chat, else as a
        pair of texts.

        Raises:
            ModelError: it is no reward model, its output is not a number, or it can't be run.
        """
        if self.task != "score":
            raise ModelError(
                f"{self._id} has {len(self.labels)} labels, so it is no reward model.",
                "Choose one with a single output.",
            )
        if self._tokenizer.chat_template is None:
            found = self.logits([question] * len(answers), answers, should_stop=should_stop)
        else:
            chats = [self._chat(question, answer) for answer in answers]
            found = self.logits(chats, should_stop=should_stop)
        return found[:, 0].astype(np.float64)

    def _chat(self, question: str, answer: str) -> str:
        turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        written = str(self._tokenizer.apply_chat_template(turns, tokenize=False))
        start = self._tokenizer.bos_token  # the tokenizer adds it once more
        return written.removeprefix(start) if start else written

    def _cut(self, text: str, tokens: int) -> str:
        if not tokens:
            return text
        ends = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        offsets = ends["offset_mapping"]
        return text if len(offsets) <= tokens else text[: offsets[tokens - 1][1]]

    def _read(self, *sides: list[str]) -> NDArray[np.float32]:
        import torch

        try:
            read = self._tokenizer(
                *sides,
                padding=True,
                truncation=True,
                max_length=self._longest,
                return_tensors="pt",
            ).to(self._model.device)
            with torch.inference_mode():
                logits = self._model(**read).logits.float().cpu().numpy()
        except Exception as error:
            raise ModelError(
                f"{self._id} can’t be run: {first_line(error)}.", "Choose another classifier."
            ) from error
        if not np.isfinite(logits).all():
            raise ModelError(f"The output of {self._id} is not a number.", "Choose another.")
        return np.asarray(logits)

    @property
    def _longest(self) -> int:
        places = getattr(self._model.config, "max_position_embeddings", None) or LONGEST
        return min(LONGEST, int(places), int(self._tokenizer.model_max_length))


def load_classifier(model_id: str, revision: str = "", *, device: str = "") -> TextClassifier:
    """Load a sequence classifier.

    Args:
        model_id: a folder or a Hub id; weights as safetensors.
        revision: Hub branch, tag or commit; "" takes the default branch.
        device: "cpu" or "cuda"; "" takes a GPU if there is one.

    Raises:
        ModelError: it can't be found, has no classification head, or can't be loaded.
        MemoryBudgetError: it doesn't fit.
    """
    place = resolve(ModelRef(model_id, revision))
    folder = place if isinstance(place, Path) else fetch(str(place), revision)
    shown = display_name(model_id)
    check_files(folder, shown)
    device = device or _device()
    _check_memory(folder, device, shown)
    tokenizer, model = _load(folder, device, shown)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if model.config.pad_token_id is None:  # by it the last token of an answer is found
        model.config.pad_token_id = tokenizer.pad_token_id
    return TextClassifier(model, tokenizer, f"{shown}@{revision}" if revision else shown)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _check_memory(folder: Path, device: str, shown: str) -> None:
    needed = _SPARE * sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    free = available_memory(device)
    if needed > free:
        raise MemoryBudgetError(
            f"{shown} needs about {needed / GIB:.1f} GiB, but {free / GIB:.1f} GiB are free.",
            "Choose a smaller classifier, or let a model go first.",
        )


def _load(folder: Path, device: str, shown: str) -> tuple[Any, Any]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    safe: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
        model, report = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype="float32" if device == "cpu" else "auto",
            device_map={"": device},
            use_safetensors=True,
            output_loading_info=True,
            **safe,
        )
    except Exception as error:
        raise ModelError(
            f"{shown} can’t be loaded as a classifier: {first_line(error)}.",
            "Choose a sequence-classification model whose weights are safetensors.",
        ) from error
    if report["missing_keys"]:
        raise ModelError(
            f"{shown} has no classification head, or its weights are incomplete.",
            "Choose a sequence-classification model, not one that writes.",
        )
    return tokenizer, model.eval()
