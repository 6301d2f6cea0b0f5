"""Which languages the predictors read: a student that learnt one language reads no other."""

import logging
from collections.abc import Iterable
from pathlib import Path

from finerweb.binder.manifest import folder_for, learnt
from finerweb.params.evaluate import BinderParams, GlinerParams

log = logging.getLogger(__name__)


def readable(
    name: str, params: BinderParams | GlinerParams, binder: Path, languages: Iterable[str]
) -> list[str]:
    """Return those of languages that a predictor reads, sorted; the others are warned about.

    GLiNER reads all; an instance of Binder those it has a student for, or all by its joint one.
    ``binder`` is the folder of the trained students, which has one for each instance.

    Raises:
        ValueError: there is no such instance.
    """
    codes = sorted(set(languages))
    if params.kind == "gliner":
        return codes
    instance = folder_of(params, binder)
    found = [code for code in codes if folder_for(instance, code)]
    if len(found) < len(codes):
        log.warning(
            "predictor %s: %s has no student for %s; nothing is predicted or scored there",
            name,
            instance,
            ", ".join(code for code in codes if code not in found),
        )
    return found


def folder_of(params: BinderParams, binder: Path | None) -> Path:
    """Return the folder of an instance.

    Raises:
        ValueError: there is none.
    """
    if binder is None or not (binder / params.instance).is_dir():
        raise ValueError(
            f"{binder}/{params.instance}: no such student; expected the folder of an instance, as "
            "the stage that trains them writes it"
        )
    return binder / params.instance


def learnt_by(predictors: Iterable[BinderParams | GlinerParams], binder: Path) -> set[str]:
    """Return the languages that the students among predictors have learnt from.

    What a GLiNER model has learnt from is not known.
    """
    students = (one for one in predictors if one.kind == "binder")
    return {code for one in students for code in learnt(folder_of(one, binder))}
