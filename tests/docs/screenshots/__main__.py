"""Write the pictures of the documentation: `python -m tests.docs.screenshots [NAME...]`."""

from __future__ import annotations

import sys

from tests.docs.screenshots.shots import main

sys.exit(main(sys.argv[1:]))
