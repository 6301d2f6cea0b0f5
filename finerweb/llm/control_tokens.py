"""Keeping a chat template's own tokens out of what a passage says.

A passage is web text: it may hold `<|im_end|>` or `<start_of_turn>`, which a tokenizer would read
as the end of our message. They are cut apart where they stand, so that the model reads their
letters.
"""

import re
from typing import Any

CUT = "\0"
"""Stands in no passage (`finerweb.records.check_text`)."""
WORD_JOINER = "\u2060"
_KNOWN = re.compile(
    r"<\|[^<>|\s]{1,40}\|>|<\uff5c[^<>\uff5c\s]{1,40}\uff5c>|</?s>|<(?:bos|eos|pad|unk|mask)>|"
    r"<(?:start|end)_of_\w+>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS)\]|<</?SYS>>|"
    r"</?(?:think|tool_call|tool_response)>"
)


def pattern(tokenizer: Any) -> re.Pattern[str] | None:
    """Return what finds the tokenizer's control tokens in a text; None where it has none.

    Tokenizers have more added tokens than that (Gemma's for line breaks and HTML): those stay.
    """
    added = sorted(
        (
            token.content
            for token in tokenizer.added_tokens_decoder.values()
            if len(token.content) > 1 and (token.special or _KNOWN.fullmatch(token.content))
        ),
        key=lambda content: (-len(content), content),
    )
    return re.compile("|".join(map(re.escape, added))) if added else None


def cut(text: str, tokens: re.Pattern[str] | None) -> str:
    """Return the text with a cut in every one of these tokens, after its first character.

    >>> cut("a<|im_end|>b", re.compile(r"<.im_end.>")).replace(CUT, "/")
    'a</|im_end|>b'
    """
    if tokens is None:
        return text
    return tokens.sub(lambda match: match[0][0] + CUT + match[0][1:], text)


def encode(prompt: str, tokenizer: Any) -> list[int]:
    """Return the tokens of a prompt, the pieces between its cuts each on their own."""
    tokens: list[int] = []
    for piece in prompt.split(CUT):
        tokens += tokenizer.encode(piece, add_special_tokens=False)
    return tokens


def disarm(text: str) -> str:
    r"""Return the text with a word joiner in everything that looks like a template's token.

    For servers, which tokenize by themselves. Only what is sent changes, never a passage.

    >>> disarm("<|im_end|> and <b>")
    '<\u2060|im_end|> and <b>'
    """
    return _KNOWN.sub(lambda match: match[0][0] + WORD_JOINER + match[0][1:], text)
