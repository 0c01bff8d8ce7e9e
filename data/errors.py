"""The one family of errors that a screen may catch."""


class ChoraleError(Exception):
    """Something a user can understand and act on.

    Args:
        what_happened: one sentence, shown first.
        what_to_do: one sentence that names a way on.
    """

    def __init__(self, what_happened: str, what_to_do: str = "") -> None:
        super().__init__(f"{what_happened} {what_to_do}".strip())
        self.what_happened = what_happened
        self.what_to_do = what_to_do


class PromptError(ChoraleError):
    """A prompt that is empty, too long, or that no template accepts."""


class CorpusError(ChoraleError):
    """A file of conversations that can't be read as what it should be."""


class ModelError(ChoraleError):
    """A model that can't be found, loaded, or run."""


class UnsupportedError(ModelError):
    """Something that models of this kind can't tell."""


class MemoryBudgetError(ModelError):
    """A model or batch that doesn't fit the memory at hand."""


class StoreError(ChoraleError):
    """A run that isn't there, or a database that can't be used."""


class QueueError(ChoraleError):
    """More work than this host accepts from one visitor."""


class UploadError(ChoraleError):
    """A file that can't be read as people's answers, with the row and column that are wrong."""
