"""For all tests. Generated examples are the same in every run; `IPT_FUZZ=1` draws new ones."""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("new")
settings.load_profile("new" if os.environ.get("IPT_FUZZ") else "same")
