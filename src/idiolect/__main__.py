"""``python -m idiolect``."""

from __future__ import annotations

from idiolect.cli import main

main()
