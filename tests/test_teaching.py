"""docs/teaching.md names sections and exercises of the notebooks; each is there, with that title."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
#: [03] *Eight pages* is a section, and [03] exercise 1 *Two rounds* an exercise.
NAMED = re.compile(r"\[(\d\d)\]\s+(?:exercise\s+(\d)\s+)?\*([^*|]+)\*")


def headings(number):
    """The titles of sections, and of exercises by their number."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    exercises = dict(re.findall(r"^### (\d)\. (.+)$", prose, re.MULTILINE))
    return {"": set(re.findall(r"^##+ (?!\d\.)(.+)$", prose, re.MULTILINE)), **exercises}


@pytest.mark.parametrize("number", sorted(set(re.findall(r"\[(\d\d)\]:", GUIDE))))
def test_the_sections_and_exercises_it_names_are_there(number):
    there = headings(number)
    named = {(exercise, " ".join(title.split())) for one, exercise, title in NAMED.findall(GUIDE) if one == number}
    assert [(exercise, title) for exercise, title in named if title not in there[exercise]] == []


def test_it_names_many():
    assert len(NAMED.findall(GUIDE)) > 200


def test_what_it_points_to_is_there():
    paths = re.findall(r"\]\((?!https?:)([^)#]+)\)", GUIDE) + re.findall(r"^\[\d\d\]: (.+)$", GUIDE, re.MULTILINE)
    assert len(paths) > 17
    assert [path for path in paths if not (ROOT / "docs" / path).exists()] == []
