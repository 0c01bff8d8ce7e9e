"""A model on a stub of a server, asked with a patience that doesn't wait."""

from __future__ import annotations

from data.schema import Decoding, Message, ModelRef
from models.server import ServerModel
from models.server_address import ServerAddress
from models.server_client import Patience, ServerClient
from models.server_dialect import DIALECTS
from models.server_probe import Abilities
from tests.models.stub_server import StubServer

ASK = [Message("system", "Be brief."), Message("user", "What now?")]
SHORT = Decoding(max_new_tokens=6)
ABLE = Abilities(
    DIALECTS[0], several=True, seeds=True, top_k=True, min_p=True, logprobs=True, unscaled=True,
    varied=True,
)  # fmt: skip


class Asked:
    """A model on a stub, with a patience that doesn't wait but writes down what it would."""

    def __init__(self, server: StubServer, abilities: Abilities = ABLE, **options) -> None:
        self.pauses: list[float] = []
        together = options.pop("together", 1)
        options.setdefault("patience", Patience(attempts=4, first_s=0.5))
        address = ServerAddress("town", server.url, own=bool(options.get("key")))
        client = ServerClient(address, sleep=self.pause, **options)
        self.model = ServerModel(client, abilities, ModelRef("server:town"), together=together)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def draw(self, n: int = 6, decoding: Decoding = SHORT, seed: int = 3, **options):
        indices = options.pop("indices", range(n))
        samples = self.model.generate(ASK, indices=indices, decoding=decoding, seed=seed, **options)
        return {sample.index: sample for sample in samples}
