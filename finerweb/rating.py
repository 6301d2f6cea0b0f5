"""How useful a passage is for NER, on the paper's scale of 1 to 4, read out of an LLM.

Two read-outs. ``digit`` asks for the digit, as the paper does. ``criteria`` asks the scale's
additive criteria one by one as yes/no questions, the passage first so that its prefix is cached,
and adds up the probabilities of yes: small models cannot grade, but they can answer.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from finerweb import injection
from finerweb.languages import language
from finerweb.llm.answers import Answers
from finerweb.llm.canaries import Canary
from finerweb.llm.requests import Reply, Request
from finerweb.llm.schemas import rating as rating_schema
from finerweb.llm.templates import render, version
from finerweb.params.raters import RaterParams
from finerweb.records import Passage
from finerweb.tables.io import Row
from finerweb.tally import Tally

CRITERIA = (
    "Is this text a report, article or story about particular named people, places or "
    "organizations?",
    "Does this text name entities from different fields, and tell enough about them to understand "
    "what they are?",
    "Is this text rich in names of people, places, organizations, events and dates?",
)
N_FIRST_TOKENS = 20
DIGIT_TOKENS = 8
LEAST_MASS = 0.01
"""Less probability on yes and no together, and an answer is no answer; base models have little."""
KNOWN = (
    "On Friday the engineer Olga Petrova of the University of Zagreb showed a solar boat in Split. "
    "The mayor, Ivan Horvat, crossed the harbour in it and wrote about the trip in a newspaper."
)


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating from 1 to 4, and its rounded score; or the reason why there is none."""

    rating: float | None
    dropped: str | None = None

    @property
    def score(self) -> int | None:
        """Return the rating rounded to the nearest integer, halves up."""
        return None if self.rating is None else math.floor(self.rating + 0.5)


def one_a_document(passages: Iterable[Passage]) -> list[Passage]:
    """Return one passage of each rating document, the one of the smallest hash."""
    chosen: dict[str, tuple[str, Passage]] = {}
    for passage in passages:
        if passage.part == "rating":
            digest = hashlib.sha256(passage.passage_id.encode()).hexdigest()
            best = chosen.get(passage.document_id)
            if best is None or digest < best[0]:
                chosen[passage.document_id] = (digest, passage)
    return [passage for _, passage in chosen.values()]


def questions(passage: Passage, params: RaterParams) -> list[Request]:
    """Return the questions to ask about a passage, one or three; a base model gets them as text."""
    fields = {"language": language(passage.language).name, "passage": passage.text}
    if params.read_out == "digit":
        schema = rating_schema(params.structured)
        return [_question(passage, params, "digit.jinja", DIGIT_TOKENS, schema, **fields)]
    return [
        _question(passage, params, "criteria.jinja", 1, None, question=criterion, **fields)
        for criterion in CRITERIA
    ]


def _question(
    about: Passage,
    params: RaterParams,
    template: str,
    max_tokens: int,
    schema: str | None,
    **fields: str,
) -> Request:
    prompt = render(template, **fields)
    return Request(
        subject=about.passage_id,
        messages=(("user", prompt),) if params.chat else None,
        prompt=None if params.chat else f"{prompt}\nAnswer:",
        max_tokens=max_tokens,
        schema=schema,
        logprobs=N_FIRST_TOKENS if max_tokens == 1 else 0,
        template=version(template),
    )


def requests(passages: Iterable[Passage], params: RaterParams) -> Iterator[Request]:
    """Yield the questions about each passage, then those that show how it takes attacks."""
    for passage in passages:
        yield from questions(passage, params)
    for probe in injection.probes():
        for passage in probe:
            yield from questions(passage, params)


def canaries(params: RaterParams) -> list[Canary]:
    """Return questions that the rater has to answer in a form that can be read, and sensibly."""
    passage = Passage("canary", "canary", "eng_Latn", KNOWN, 0, 0, "rating")
    if params.read_out == "digit":
        (question,) = questions(passage, params)
        return [Canary(question, "a digit from 1 to 4", lambda reply: not _digit(reply).dropped)]
    return [
        Canary(question, "yes or no, as one of the likely answers", _is_readable)
        for question in questions(passage, params)
    ]


def _is_readable(reply: Reply) -> bool:
    return sum(_mass(reply).values()) > LEAST_MASS


def read(replies: Sequence[Reply], params: RaterParams) -> Rating:
    """Return the rating in the replies to `questions`.

    By ``criteria`` it is 1 plus, for each criterion, the logistic of how far the log-odds of yes
    are above those of ``params.yes_at``: half a point where yes is as likely as that, since small
    models say yes too easily.
    """
    for reply in replies:
        if not reply.answered:
            return Rating(None, reply.finish_reason)
    if params.read_out == "digit":
        return _digit(replies[0])
    rating = 1.0
    for reply, even in zip(replies, params.yes_at, strict=True):
        yes = probability_of_yes(reply)
        if yes is None:
            return Rating(None, "neither yes nor no")
        rating += 1 / (1 + math.exp(_log_odds(even) - _log_odds(yes)))
    return Rating(round(rating, 4))


def _log_odds(probability: float) -> float:
    clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(clipped / (1 - clipped))


def probability_of_yes(reply: Reply) -> float | None:
    """Return P(yes) / (P(yes) + P(no)) over the first token's spellings; None without either.

    >>> probability_of_yes(Reply("Yes", "stop", 1, 1, "", (("Yes", 0.0), (" no", -1.0986123))))
    0.75
    """
    mass = _mass(reply)
    total = mass["yes"] + mass["no"]
    return round(mass["yes"] / total, 6) if total else None


def _mass(reply: Reply) -> dict[str, float]:
    mass = {"yes": 0.0, "no": 0.0}
    for token, logprob in reply.first_tokens:
        word = token.strip().lower()
        if word in mass:
            mass[word] += math.exp(logprob)
    return mass


def _digit(reply: Reply) -> Rating:
    match = re.fullmatch(r"([1-4])|\{\s*\"rating\"\s*:\s*([1-4])\s*\}", reply.text.strip())
    if match is None:
        return Rating(None, "no digit from 1 to 4")
    return Rating(float(match[1] or match[2]))


@dataclass(slots=True)
class RatingReport:
    """Counts of ratings, and what tells how well they separate useful from useless."""

    ratings: Tally = field(default_factory=Tally)
    scores: Counter[int] = field(default_factory=Counter)
    against_useful: list[tuple[bool, float]] = field(default_factory=list)
    prompt_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: "RatingReport") -> "RatingReport":
        """Return the report over both."""
        return RatingReport(
            self.ratings + other.ratings,
            self.scores + other.scores,
            self.against_useful + other.against_useful,
            self.prompt_tokens + other.prompt_tokens,
            self.output_tokens + other.output_tokens,
        )

    def metrics(self) -> dict[str, object]:
        """Return the report for a metrics file."""
        return self.ratings.metrics() | {
            "scores": {str(score): self.scores[score] for score in (1, 2, 3, 4)},
            "roc_auc": roc_auc(self.against_useful),
            "prompt_tokens": self.prompt_tokens,
            "output_tokens": self.output_tokens,
        }


def rows(
    passages: Iterable[Passage], rater: str, answers: Answers, params: RaterParams
) -> tuple[list[Row], RatingReport]:
    """Return the rows of the `ratings` table for a language's passages, and their report."""
    report = RatingReport()
    rated = []
    for passage in passages:
        replies = answers.of(questions(passage, params))
        rating = read(replies, params)
        report.prompt_tokens += sum(reply.n_prompt_tokens for reply in replies)
        report.output_tokens += sum(reply.n_output_tokens for reply in replies)
        if rating.rating is None or rating.score is None:
            report.ratings.drop(rating.dropped or "")
        else:
            report.ratings.keep()
            report.scores[rating.score] += 1
            if passage.useful is not None:
                report.against_useful.append((passage.useful, rating.rating))
        rated.append(_row(passage, rater, rating, replies))
    return rated, report


def _row(passage: Passage, rater: str, rating: Rating, replies: Sequence[Reply]) -> Row:
    return {
        "passage_id": passage.passage_id,
        "rater": rater,
        "text": passage.text,
        "useful": passage.useful,
        "rating": rating.rating,
        "score": rating.score,
        "dropped": rating.dropped,
        "replies": [reply.to_json() for reply in replies],
    }


def shift(answers: Answers, params: RaterParams) -> dict[str, object]:
    """Return how far attacks in passages moved the ratings."""

    def rating(passage: Passage) -> float | None:
        return read(answers.of(questions(passage, params)), params).rating

    return injection.rating_shift(
        [
            (rating(probe.clean), {name: rating(p) for name, p in probe.attacked.items()})
            for probe in injection.probes()
        ]
    )


def roc_auc(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """Return the area under the ROC curve of ratings; None without both useful and useless."""
    from sklearn.metrics import roc_auc_score

    if len({useful for useful, _ in pairs}) < 2:
        return None
    return float(roc_auc_score([useful for useful, _ in pairs], [rating for _, rating in pairs]))
