"""Say in one line when the browser tests will be left out."""

import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")

if not any(map(shutil.which, NAMES)):
    sys.stdout.write("No Chromium found: the browser tests are left out, everything else runs.\n")
