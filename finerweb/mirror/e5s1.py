"""Reading the E5S1 container: multilingual-e5-small in 4 bits, into a Hugging Face BertModel.

The file, little-endian: the magic ``E5S1``; a version; hidden size, layers, heads, feed-forward
size, vocabulary, positions, token types; the layer norm's epsilon; the block size. Then a Unigram
tokenizer: number of pieces, ids of bos, eos, pad and unk, length of the blob, the pieces' byte
offsets in it, their scores, the blob, a normalisation map. Then a directory of tensors with
absolute offsets: matrices as Q4_0 blocks (a float16 scale and 32 nibbles less 8, the low nibbles
first), vectors as float32.
"""

import struct
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

BLOCK = 32
Q4_0 = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])

_LAYER = {
    "q.w": "attention.self.query.weight",
    "q.b": "attention.self.query.bias",
    "k.w": "attention.self.key.weight",
    "k.b": "attention.self.key.bias",
    "v.w": "attention.self.value.weight",
    "v.b": "attention.self.value.bias",
    "ao.w": "attention.output.dense.weight",
    "ao.b": "attention.output.dense.bias",
    "aln.w": "attention.output.LayerNorm.weight",
    "aln.b": "attention.output.LayerNorm.bias",
    "fi.w": "intermediate.dense.weight",
    "fi.b": "intermediate.dense.bias",
    "fo.w": "output.dense.weight",
    "fo.b": "output.dense.bias",
    "oln.w": "output.LayerNorm.weight",
    "oln.b": "output.LayerNorm.bias",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


class _Cursor:
    """Reads values off the front of a buffer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> Any:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values[0] if len(values) == 1 else values

    def array(self, kind: str, n: int) -> "np.ndarray[Any, Any]":
        values = np.frombuffer(self.data, kind, n, self.at)
        self.at += values.nbytes
        return values


def convert(source: Path, out: Path) -> None:
    """Write the model and its tokenizer to a folder that `from_pretrained` loads.

    Raises:
        ValueError: the file is no E5S1 container.
    """
    from transformers import BertConfig, BertModel

    cursor = _Cursor(source.read_bytes())
    if cursor.data[:4] != b"E5S1":
        raise ValueError(f"{source}: expected the magic E5S1, got {cursor.data[:4]!r}")
    cursor.at = 8
    hidden, layers, heads, inner, vocabulary, positions, types = cursor.take("7i")
    epsilon = cursor.take("f")
    cursor.take("i")
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=epsilon,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    _tokenizer(cursor, positions).save_pretrained(out)
    model = BertModel(config, add_pooling_layer=False)
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    model.load_state_dict(_tensors(cursor, layers, shapes))
    model.save_pretrained(out)


def _tokenizer(cursor: _Cursor, positions: int) -> Any:
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    n, bos, eos, pad, unk = cursor.take("5i")
    length = cursor.take("Q")
    offsets = cursor.array("<u4", n + 1)
    scores = cursor.array("<f4", n)
    blob = bytes(cursor.array("u1", length))
    _, n_bytes = cursor.take("iI")
    cursor.at += n_bytes
    pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    tokenizer = Tokenizer(Unigram(list(zip(pieces, scores.tolist(), strict=True)), unk_id=unk))
    # NFKC and folding of spaces stand for the file's own table of single code points.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", bos), ("</s>", eos)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=positions,
        bos_token=pieces[bos],
        eos_token=pieces[eos],
        cls_token=pieces[bos],
        sep_token=pieces[eos],
        pad_token=pieces[pad],
        unk_token=pieces[unk],
    )


def _tensors(
    cursor: _Cursor, layers: int, shapes: dict[str, tuple[int, ...]]
) -> "dict[str, torch.Tensor]":
    import torch

    names = dict(_EMBEDDINGS)
    for layer in range(layers):
        names |= {f"l{layer}.{k}": f"encoder.layer.{layer}.{v}" for k, v in _LAYER.items()}
    state = {}
    for _ in range(cursor.take("i")):
        name = bytes(cursor.array("u1", cursor.take("H"))).decode("ascii")
        cursor.take("BI")
        offset, n_bytes = cursor.take("QQ")
        target = names[name]
        values = _dequantise(cursor.data, offset, n_bytes, shapes[target])
        state[target] = torch.from_numpy(values)
    return state


def _dequantise(
    data: bytes, offset: int, n_bytes: int, shape: tuple[int, ...]
) -> "np.ndarray[Any, np.dtype[np.float32]]":
    size = int(np.prod(shape))
    if n_bytes == 4 * size:
        return np.frombuffer(data, "<f4", size, offset).reshape(shape).copy()
    blocks = np.frombuffer(data, Q4_0, size // BLOCK, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
    values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    array: np.ndarray[Any, np.dtype[np.float32]] = values.reshape(shape)
    return array
