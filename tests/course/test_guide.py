"""The picture of the decision guide."""

from matplotlib import pyplot as plt

from taketurns.course.guide import ALT, ANSWERS, KINDS, guide


def test_it_shows_every_answer_and_says_it_in_words():
    ax = guide()
    try:
        shown = [text.get_text() for text in ax.texts]
        assert ax.get_figure().alt == ALT
        for kind, when, answer in ANSWERS:
            letter, name = answer.split("   ")
            assert answer in shown
            assert f"{letter}, {name.replace(' + ', ' and ')}" in ALT or f"{letter}, asyncio for the waits" in ALT
            assert not kind or kind in KINDS
            assert not when or (when in shown and when.replace("\n", " ") in ALT)
    finally:
        plt.close("all")


def test_its_letters_are_in_order():
    assert "".join(answer[0] for _, _, answer in ANSWERS) == "ABCDEFG"
