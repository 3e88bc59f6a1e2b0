"""The chess games that are played on the boards of a hall, each as its positions."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["START", "Game", "games", "position", "seat"]

SOURCE = Path(__file__).parent / "games.json"
#: How the pieces stand before the first move, as everywhere here in Forsyth-Edwards notation.
START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR"


class Game(NamedTuple):
    """A game: who played it, its half-moves, and the position after each. White and Black have equally many.

    Where White made the last one, Black's answer is to set up the pieces: a move without a name.
    """

    title: str
    moves: tuple[str, ...]
    positions: tuple[str, ...]


@cache
def games() -> tuple[Game, ...]:
    """Return all games in the order of the boards."""
    return tuple(map(_game, json.loads(SOURCE.read_text(encoding="utf-8"))["games"]))


def _game(told: dict[str, Any]) -> Game:
    where = " ".join(str(told[key]) for key in ("place", "year") if told[key])
    moves, positions = (*told["moves"].split(),), (*told["positions"],)
    if len(positions) % 2:
        moves, positions = (*moves, ""), (*positions, START)
    return Game(f"{told['white']} – {told['black']}, {where}", moves, positions)


def seat(board: int, count: int) -> tuple[int, int]:
    """Return the game that a board has come to after so many half-moves, and how many of them belong to it."""
    number = board % len(games())
    while count > (length := len(games()[number].positions)):
        number, count = (number + 1) % len(games()), count - length
    return number, count


def position(board: int, count: int) -> str:
    """Return the position on a board after so many half-moves."""
    number, count = seat(board, count)
    return games()[number].positions[count - 1] if count else START
