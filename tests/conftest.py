"""What holds for all tests."""

import os

from hypothesis import settings

# No window opens, also where there is a display.
os.environ["MPLBACKEND"] = "Agg"

# A busy two-core machine is slow now and then, which says nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
