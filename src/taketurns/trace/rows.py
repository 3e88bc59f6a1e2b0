"""Rows: spans as they stand in JSON."""

from collections.abc import Sequence
from typing import Any

from taketurns.trace.spans import Span, Where

__all__ = ["row_of", "span_of"]


def row_of(span: Span) -> list[Any]:
    """Return a span as a row, with a place and a waker at its end only where there are any."""
    row = [span.task, span.state, span.worker, span.start, span.end, span.reason]
    if span.waker:
        return [*row, span.where, span.waker]
    return [*row, span.where] if span.where else row


def span_of(row: Sequence[Any]) -> Span:
    """Return the span of a row; ``TypeError`` or ``ValueError`` where it is none."""
    task, state, worker, start, end, reason, *more = row
    where = Where(*more[0]) if more and more[0] is not None else None
    return Span(task, state, worker, start, end, reason, where, *more[1:])
