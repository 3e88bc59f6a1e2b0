import re
from pathlib import Path

from matplotlib import pyplot as plt

import taketurns

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_program_of_the_readme_runs_and_its_claims_hold(capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    if taketurns.preflight().gil:
        exec(program, {})
        assert capsys.readouterr().out.count("✓") == program.count("verify(")
        plt.close("all")


def test_the_readme_names_every_public_name_and_every_notebook():
    names = [name for name in taketurns.__all__ if name not in ("Span", "State")]
    notebooks = [path.name for path in (Path(__file__).parent.parent / "notebooks").glob("*.ipynb")]
    assert [name for name in names + notebooks if name not in README] == []


def test_what_the_readme_points_to_is_there():
    paths = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert paths
    assert [path for path in paths if not (Path(__file__).parent.parent / path).exists()] == []
