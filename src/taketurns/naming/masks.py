"""What a picture must not tell: passwords and their like, what a URL carries, and where on a disk a file stands."""

import os
import re
from functools import cache, lru_cache

from taketurns.trace.terminal import printable

__all__ = ["MASK", "is_secret", "masked", "printable"]

MASK = "***"

#: A name is secret where one of its words is one of these: ``db_password``, ``accessToken``, ``API_KEY``.
SECRET = frozenset(
    {"password", "passwords", "passwd", "passphrase", "pwd", "pw", "pass", "secret", "secrets", "token", "key"}
    | {"apikey", "auth", "authorization", "credential", "credentials", "creds", "jwt"}
)
#: ``keys`` and ``tokens`` are of a dict and of a text, where none of these words stands beside them.
PLURAL = frozenset(("keys", "tokens"))
OF_ACCESS = frozenset(("api", "access", "refresh", "private", "session", "bearer"))
#: Words that are written as one: ``dbpassword``, ``authtoken``, ``secretkey``.
GLUED = re.compile(r"passw|(?:password|passwd|secret|token|apikey|secretkey|accesskey|privatekey)$")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SUSPECT = re.compile(r"[?#@=:/\\]|earer ", re.IGNORECASE)
_CARRIES = re.compile(r"[?#]")
_PORTLESS = re.compile(r":(?!\d*$)")
_QUERY = re.compile(r"[?#][^\s?#]*=.*", re.DOTALL)
_USER = re.compile(r"[^\s/:@]*:\S*@")
_GIVEN = re.compile(r"([A-Za-z_][\w.-]*)[\"']?\s*[=:]\s*(?=\S)")
_BEARER = re.compile(r"(?<=\bbearer )\s*\S.*", re.IGNORECASE | re.DOTALL)
_FOLDERS = re.compile(r"(?<![\w.])(?<!:/)/([^/\s'\"]+)/(?:[^/\n'\"]*/)*")
_DRIVE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:[\\/](?![\\/])(?:[^\\/\n'\"]*[\\/])*")


@lru_cache(4096)
def is_secret(name: str) -> bool:
    """Return whether what is given under this name is nobody else's business."""
    words = [word.lower() for word in _WORD.findall(name)]
    if any(word in SECRET or GLUED.search(word) for word in words):
        return True
    return any(word in PLURAL for word in words) and any(word in OF_ACCESS for word in words)


def masked(text: str) -> str:
    """Return a whole string without what it gives away; what follows a secret goes with it, to the end."""
    if not _SUSPECT.search(text):
        return text
    if "://" in text:
        scheme, mark, rest = text.partition("://")
        text = f"{_USER.sub('…@', scheme) if '@' in scheme else scheme}{mark}{_address(rest)}"
    elif "@" in text:
        text = _USER.sub("…@", text)
    if "?" in text or "#" in text:
        text = _QUERY.sub(lambda found: f"{found[0][0]}…", text, count=1)
    text = _after_secrets(_BEARER.sub(MASK, text) if "earer " in text.lower() else text)
    if text.startswith("http"):
        return text
    if "/" in text:
        text = _FOLDERS.sub(lambda found: "…/" if found[1] in _roots() else found[0], text)
    return _DRIVE.sub("…/", text) if ":" in text else text


def _address(rest: str) -> str:
    """Return what stands behind the ``://`` of a URL without user, query and fragment."""
    found = _CARRIES.search(rest)
    path, mark, carried = (rest[: found.start()], found[0], rest[found.end() :]) if found else (rest, "", "")
    host, folder, _ = path.partition("/")
    if "@" in carried and ":" in host and (not folder or _PORTLESS.search(host)):
        return "…"  # a password with a `?` or a `#` in it
    if "@" in path:
        user, _, behind = path.rpartition("@")
        path = f"…@{behind}" if ":" in user or "/" not in user else path
    return f"{path}{mark}…" if mark else path


def _after_secrets(text: str) -> str:
    """Return a text such as ``host=a password=b`` up to its first secret."""
    for given in _GIVEN.finditer(text) if "=" in text or ":" in text else ():
        if is_secret(given[1]):
            return text[: given.end()] + MASK
    return text


@cache
def _roots() -> frozenset[str]:
    """Return the names at the root of the disk: by them ``/home/ada/x.csv`` is a file and ``/users/3`` a page."""
    try:
        return frozenset(os.listdir("/")) if os.sep == "/" else frozenset()
    except OSError:
        return frozenset()
