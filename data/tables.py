"""The tables of the store, in terms that SQLite and PostgreSQL share."""

from __future__ import annotations

import re

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_UNSTORABLE = re.compile("[\\\\\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


class AnyText(TypeDecorator[str]):
    r"""Text of any content, exactly as it came.

    PostgreSQL refuses NUL characters and no database takes lone surrogates, but a model may write
    both: they are kept as `\uXXXX`, and the backslash likewise so that this can be undone.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what a database can't hold."""
        if value is None:
            return None
        return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Undo the escapes."""
        if value is None:
            return None
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("prompt", AnyText, nullable=False),
    # A seed may be any integer, wider than a column of any database.
    Column("seed", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created", DateTime, nullable=False),  # UTC; SQLite keeps no zone
    Column("embedder", Text, nullable=False),
    Column("note", AnyText, nullable=False),
    Column("deleted", DateTime),  # UTC; NULL while the run is wanted
    Index("runs_by_owner", "owner", "created"),
)

conditions = Table(
    "conditions",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", AnyText, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("revision", Text, nullable=False),
    Column("quantization", String(8), nullable=False),
    Column("temperature", Float(53), nullable=False),
    Column("top_p", Float(53), nullable=False),
    Column("top_k", Integer, nullable=False),
    Column("min_p", Float(53), nullable=False),
    Column("max_new_tokens", Integer, nullable=False),
    # A list of texts, as JSON. Columns with a default came later; see `data.migration`.
    Column("stop", AnyText, nullable=False, server_default="[]"),
    Column("system", AnyText, nullable=False),
    Column("n", Integer, nullable=False),
    Column("strategy", String(32), nullable=False, server_default="plain"),
    Column("options", AnyText, nullable=False, server_default="[]"),  # pairs, as JSON
    Column("choir", AnyText, nullable=False, server_default="[]"),  # models, as JSON
    Column("plan", AnyText, nullable=False, server_default=""),  # of a conversation, as JSON
)

samples = Table(
    "samples",
    metadata,
    # Grows with arrival. SQLite numbers only a plain INTEGER key by itself.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(16), nullable=False),
    Column("index", Integer, nullable=False),
    Column("call_id", Text, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("token_ids", LargeBinary, nullable=False),  # int64
    Column("logprobs", LargeBinary, nullable=False),  # float64
    Column("entropies", LargeBinary, nullable=False),  # float64
    Column("finish", String(8), nullable=False),
    Column("thinking", AnyText, nullable=False, server_default=""),
    Column("origin", AnyText, nullable=False, server_default=""),
    Column("steps", AnyText, nullable=False, server_default="[]"),  # labels and texts, as JSON
    Column("spent", Integer),  # tokens; NULL: those of token_ids
    UniqueConstraint("run_id", "key", "index"),
)

places = Table(
    "places",
    metadata,
    Column("sample_id", ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, L2-normalised
    Column("x", Float(53), nullable=False),
    Column("y", Float(53), nullable=False),
)

# How far the model of another condition is from the one that drew a sample, at each of its tokens.
divergences = Table(
    "divergences",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("kl", LargeBinary, nullable=False),  # float32, nats
    Column("js", LargeBinary, nullable=False),  # float32, nats
)

# What was found out about a run once it had ended: probes asked, states looked at.
readings = Table(
    "readings",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("piece", String(64), primary_key=True),
    Column("content", AnyText, nullable=False),  # JSON
)

# What was judged of a run. Without foreign keys: recorded runs, which are in no store, can be
# judged too; `data.store.Store.purge` drops these rows with their run.
verdicts = Table(
    "verdicts",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("judge", Text, primary_key=True),
    Column("pair", String(32), primary_key=True),  # hash of both texts, in order
    Column("same", Float(53), nullable=False),
    Column("mass", Float(53), nullable=False),
)

scores = Table(
    "scores",
    metadata,
    Column("run_id", String(32), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("owner", String(128), primary_key=True),  # whose stars; "" of a model's judgement
    Column("key", String(16), primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("value", Float(53)),  # NULL where the judge gave no verdict: no database keeps NaN
)
