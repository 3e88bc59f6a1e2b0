"""Rows: a trace as JSON text, with a row for each span."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from taketurns.trace.outcomes import Blocked, outcome_named
from taketurns.trace.spans import Span, Where

__all__ = ["FIELDS", "FORMAT", "fields_of", "text_of"]

FORMAT = "taketurns trace 1"
FIELDS = ("label", "cut_short", "notes", "origin", "outcomes", "parents", "blocked", "spans")
#: Those that a text has only where there is something in them: older ones have none.
SELDOM = ("outcomes", "parents", "blocked")


def text_of(fields: Mapping[str, Any]) -> str:
    """Return a trace, by those of its ``FIELDS`` that are kept, as JSON text."""
    whole = {name: value for name, value in fields.items() if value or name not in SELDOM}
    whole["spans"] = [_row_of(span) for span in fields["spans"]]
    if fields["outcomes"]:
        whole["outcomes"] = {task: str(outcome) for task, outcome in fields["outcomes"].items()}
    written = json.dumps({"format": FORMAT, **whole}, ensure_ascii=False)
    # What is no text in any encoding, a half of a character, can only be written by its number.
    return json.dumps(json.loads(written)) if re.search("[\ud800-\udfff]", written) else written


def fields_of(source: str) -> dict[str, Any]:
    """Return the fields of the trace that such a text holds; ``ValueError`` where it is something else."""
    try:
        whole = json.loads(source)
        if whole["format"] != FORMAT:
            raise ValueError(f"its format is {whole['format']!r}")
        return {
            "label": whole["label"],
            "spans": tuple(map(_span_of, whole["spans"])),
            "origin": dict(whole["origin"]),
            "cut_short": whole["cut_short"],
            "notes": tuple(whole.get("notes", ())),
            "outcomes": {task: outcome_named(text) for task, text in dict(whole.get("outcomes", {})).items()},
            "parents": dict(whole.get("parents", {})),
            "blocked": tuple(Blocked(*row) for row in whole.get("blocked", ())),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"this is not the JSON text of a trace as Trace.to_json gives it ({error})") from error


def _row_of(span: Span) -> list[Any]:
    """Return a span as a row, with a place and a waker at its end only where there are any."""
    row = [span.task, span.state, span.worker, span.start, span.end, span.reason]
    if span.waker:
        return [*row, span.where, span.waker]
    return [*row, span.where] if span.where else row


def _span_of(row: Sequence[Any]) -> Span:
    """Return the span of a row; ``TypeError`` or ``ValueError`` where it is none."""
    task, state, worker, start, end, reason, *more = row
    where = Where(*more[0]) if more and more[0] is not None else None
    return Span(task, state, worker, start, end, reason, where, *more[1:])
