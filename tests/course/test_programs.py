"""The six programs of notebook 15: what can be chosen, and what is said of it. They are run by the notebook."""

import pickle

import pytest

from taketurns import preflight
from taketurns.course.programs import CHOICES, PROGRAMS, bill, run, thumbnail


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_choice_is_right_or_has_a_message(name):
    program = PROGRAMS[name]
    assert {*program.right, *program.wrong} == set(CHOICES)
    assert not set(program.right) & set(program.wrong)
    for message in program.wrong.values():
        assert message.format(concurrency=1, parallelism=1, workers=1, ready="1 s", redraws=0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_process_can_import_what_it_has_to_do(name):
    program = PROGRAMS[name]
    for function in filter(None, (program.whole, program.rest)):
        assert pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize("choice", ["one after another", "asyncio + threads"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_recorded_of_a_program_are_its_units_and_their_rest(name, choice):
    program = PROGRAMS[name]
    units = {task for task in run(name, choice, 1).tasks if task.split()[0] not in ("bill", "redraw")}
    assert units == {f"{program.unit} 0"}


def test_a_photo_is_made_small():
    assert thumbnail(1) == (320, 240)


def test_outside_a_recording_they_do_their_work_as_well():
    assert bill(7) == 7
    assert preflight().cores_at_once >= 1
