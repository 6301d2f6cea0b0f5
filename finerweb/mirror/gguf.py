"""Turning a GGUF file into a folder of safetensors that vLLM and transformers load."""

from pathlib import Path


def convert(source: Path, out: Path) -> None:
    """Dequantise the weights to bfloat16, and write them with config and tokenizer."""
    import torch
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    model.save_pretrained(out)
    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    if _adds_bos(source):
        # The conversion forgets it, and Gemma needs it.
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single=f"{tokenizer.bos_token} $A",
            special_tokens=[(tokenizer.bos_token, tokenizer.bos_token_id)],
        )
    tokenizer.save_pretrained(out)


def _adds_bos(source: Path) -> bool:
    from gguf import GGUFReader

    field = GGUFReader(source).fields.get("tokenizer.ggml.add_bos_token")
    return field is not None and bool(field.contents())
