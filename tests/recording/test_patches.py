"""Methods that are replaced while a recording is on stand there again when it has ended."""

import os
import threading

import pytest

from taketurns import record
from taketurns.recording import recorder
from taketurns.recording.patches import Patches, dealing
from taketurns.recording.recorder import Recorder


class Kettle:
    def boil(self, cups):
        """Boil some cups."""
        return f"{cups} cups"

    def pour(self):
        raise LookupError("no cup")


PLAIN = Kettle.boil


@pytest.fixture
def patches():
    """Patches, and what `noted` heard; whatever a test leaves is put back."""
    patches = Patches()
    yield patches
    Kettle.boil = PLAIN


def noted(heard, word):
    """A maker of methods that write down a word for each call."""

    def make(mine, plain):
        def boil(self, cups):
            heard.append(word)
            return plain(self, cups)

        return boil

    return make


def test_a_method_is_replaced_and_put_back(patches):
    mine, heard = Recorder(), []
    patches.put(mine, Kettle, "boil", noted(heard, "ours"))
    assert Kettle().boil(2) == "2 cups"
    assert (Kettle.boil.__name__, Kettle.boil.__doc__) == ("boil", "Boil some cups.")
    patches.remove(mine)
    patches.remove(mine)
    assert Kettle.boil is PLAIN
    assert Kettle().boil(3) == "3 cups"
    assert heard == ["ours"]
    assert patches.replaced == {}


def test_only_what_is_of_a_recording_is_put_back(patches):
    mine, other = Recorder(), Recorder()
    patches.put(mine, Kettle, "boil", noted([], "ours"))
    ours = Kettle.boil
    patches.remove(other)
    assert Kettle.boil is ours
    patches.remove()
    assert Kettle.boil is PLAIN


def test_what_is_replaced_twice_is_put_back_once(patches):
    mine, heard = Recorder(), []
    for word in ("inner", "outer"):
        patches.put(mine, Kettle, "boil", noted(heard, word))
    Kettle().boil(2)
    patches.remove(mine)
    assert Kettle.boil is PLAIN
    assert heard == ["outer", "inner"]


def test_what_somebody_replaced_before_is_called_and_put_back(patches):
    mine, heard = Recorder(), []
    Kettle.boil = theirs = noted(heard, "theirs")(mine, PLAIN)
    patches.put(mine, Kettle, "boil", noted(heard, "ours"))
    assert Kettle().boil(2) == "2 cups"
    patches.remove(mine)
    assert Kettle.boil is theirs
    assert heard == ["ours", "theirs"]


def test_what_somebody_replaces_meanwhile_stays(patches):
    mine, heard = Recorder(), []
    patches.put(mine, Kettle, "boil", noted(heard, "ours"))
    Kettle.boil = theirs = noted(heard, "theirs")(mine, Kettle.boil)
    patches.remove(mine)
    assert Kettle.boil is theirs
    assert patches.replaced == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_begins_without_them(patches):
    patches.put(Recorder(), Kettle, "boil", noted([], "ours"))
    child = os.fork()
    if child == 0:
        os._exit(Kettle.boil is not PLAIN)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_dealing_is_noted_with_its_thread_also_where_it_raises():
    with record():
        mine = recorder.on
        before = len(mine.dealings)
        times = [mine.now()]
        assert dealing(mine, Kettle.boil)(Kettle(), cups=2) == "2 cups"
        times.append(mine.now())
        with pytest.raises(LookupError, match="no cup"):
            dealing(mine, Kettle.pour)(Kettle())
        times.append(mine.now())
    (one, since, to), (two, begin, end) = mine.dealings[before:]
    assert one == two == threading.get_native_id()
    in_order = [times[0], since, to, times[1], begin, end, times[2]]
    assert in_order == sorted(in_order)


def test_without_its_recording_a_dealing_is_a_plain_call():
    mine = Recorder()
    assert dealing(mine, Kettle.boil)(Kettle(), 2) == "2 cups"
    assert mine.dealings == []
