"""Tiny encoders with a character tokenizer, made here; and a regressor on one."""

from pathlib import Path
from typing import Any

from texts import SENTENCES


def make_encoder(folder: Path) -> Path:
    """Write a two-layer encoder to a folder."""
    from transformers import BertModel

    BertModel(_tokenizer_and_config(folder)).save_pretrained(folder)
    return folder


def make_regressor(folder: Path) -> Path:
    """Write a regressor of the task `binary` that nobody has trained to a folder."""
    from transformers import AutoTokenizer, BertForSequenceClassification, set_seed

    from finerweb.regressor.folder import Trained, save

    set_seed(0)
    config = _tokenizer_and_config(folder)
    config.num_labels = 1
    model = BertForSequenceClassification(config)
    save(model, AutoTokenizer.from_pretrained(folder), Trained("binary", 3, 64), folder)
    return folder


def _tokenizer_and_config(folder: Path) -> Any:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, PreTrainedTokenizerFast

    letters = sorted(
        set("".join(SENTENCES.values())) | set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    )
    vocabulary = {
        token: i for i, token in enumerate(["[PAD]", "[CLS]", "[SEP]", "[UNK]", *letters])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
