"""Journals: what a child process has written is there, however it ends."""

import os

from taketurns import record
from taketurns.recording import children
from taketurns.recording.journals import Journal


def test_a_journal_of_a_recording_that_has_ended_takes_events_in_silence():
    with record():
        journal = Journal(children.folder().path, "1x1", "7")
        assert not journal.is_over
    journal._good_until = 0  # it is not looked at again for a moment
    assert journal.is_over
    journal.write(("event",))
    late = Journal(children.folder().path, "1x1", "7")
    assert late.is_over
    late.write(("event",))
    assert not os.path.exists(children.folder().path)
