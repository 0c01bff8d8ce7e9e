"""The bundled teaching model: it lives in Saltmere and knows nothing else."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
