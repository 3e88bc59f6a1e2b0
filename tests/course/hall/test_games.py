import json
from itertools import pairwise

import pytest

from taketurns.course.hall.games import SOURCE

GAMES = json.loads(SOURCE.read_text(encoding="utf-8"))["games"]
START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR"


def named(game):
    return f"{game['white']} - {game['black']} {game['year']}"


def rows(position):
    return ["".join(" " * int(sign) if sign.isdigit() else sign for sign in row) for row in position.split("/")]


def white(squares):
    return sum(sign.isupper() for sign in squares)


def black(squares):
    return sum(sign.islower() for sign in squares)


def half_moves(game):
    boards = ["".join(rows(position)) for position in (START, *game["positions"])]
    for number, (before, after) in enumerate(pairwise(boards)):
        mine, theirs = (white, black) if number % 2 == 0 else (black, white)
        changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        yield mine, theirs, before, after, changed


every_game = pytest.mark.parametrize("game", GAMES, ids=named)


def test_there_are_24_different_games_all_played_before_1930():
    assert len({game["moves"] for game in GAMES}) == len({named(game) for game in GAMES}) == len(GAMES) == 24
    assert all(1750 < game["year"] < 1930 for game in GAMES)
    assert all(game["white"] and game["black"] and game["place"] for game in GAMES)


def test_the_games_are_short_and_long():
    lengths = [(len(game["positions"]) + 1) // 2 for game in GAMES]
    assert min(lengths) == 11
    assert max(lengths) == 46
    assert sum(length >= 30 for length in lengths) >= 8


def test_the_first_eight_boards_differ_after_three_moves_each():
    assert len({game["positions"][5] for game in GAMES[:8]}) == 8


@every_game
def test_each_half_move_has_its_position(game):
    assert len(game["moves"].split()) == len(game["positions"])


@every_game
def test_a_position_is_eight_rows_of_eight_squares_with_one_king_of_each_color(game):
    for position in game["positions"]:
        assert set(position) <= set("/12345678kqrbnpKQRBNP")
        assert [len(row) for row in rows(position)] == [8] * 8
        assert (position.count("K"), position.count("k")) == (1, 1)


@every_game
def test_white_and_black_move_in_turns(game):
    for mine, theirs, _, _, changed in half_moves(game):
        assert mine(new for _, new in changed) > 0, "the side to move has set down a piece"
        assert theirs(new for _, new in changed) == 0, "the other side has not"
        assert mine(old for old, _ in changed) == mine(new for _, new in changed)


@every_game
def test_a_half_move_changes_two_to_four_squares(game):
    for _, _, _, _, changed in half_moves(game):
        assert 2 <= len(changed) <= 4


@every_game
def test_no_piece_comes_back_and_at_most_one_of_the_other_side_goes(game):
    for mine, theirs, before, after, _ in half_moves(game):
        assert mine(after) == mine(before)
        assert 0 <= theirs(before) - theirs(after) <= 1


@every_game
def test_the_moves_are_legal_and_lead_to_the_positions(game):
    chess = pytest.importorskip("chess")
    board = chess.Board()
    for move, position in zip(game["moves"].split(), game["positions"], strict=True):
        parsed = board.parse_san(move)
        assert board.san(parsed) == move
        board.push(parsed)
        assert board.board_fen() == position
    assert board.is_checkmate() == game["moves"].endswith("#")
