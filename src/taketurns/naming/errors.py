"""What an error says, in words that may be shown to anybody: its type, and the first line of its message, cut short."""

from taketurns.naming.arguments import plain
from taketurns.naming.masks import masked, printable

__all__ = ["told"]

READ = 500  #: of a long message, so many characters are looked at
SHOWN = 80  #: the most characters of a type's name, and of a message

_name_of = type.__dict__["__name__"].__get__


def told(error: BaseException, message: bool = True) -> str:
    """Return an error in one line, such as ``ValueError: no such page``; its type alone where its message is no use."""
    name = _cut(printable(plain(_name_of(type(error)))))
    said = _message(error) if message else ""
    return f"{name}: {said}" if said else name


def _message(error: BaseException) -> str:
    """Return the first line of a message, without its secrets; empty where it has none, or asking for it fails."""
    try:
        text = plain(str(error)).strip()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - whatever the learner's `__str__` raises, it is not what ended the task
        return ""
    return _cut(printable(masked(text[:READ].partition("\n")[0])).strip())


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
