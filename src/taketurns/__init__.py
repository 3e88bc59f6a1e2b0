from taketurns.spans import Span, State, Trace

__all__ = ["Span", "State", "Trace"]
