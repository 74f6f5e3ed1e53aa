"""The errors of the build.

Each says in one sentence what to do, in words for who builds; what it is about stands beneath it, one a line.

    BuildRefused   facts: what it is about
"""

from __future__ import annotations


class BuildRefused(Exception):
    """What was built must not be given to anybody."""

    def __init__(self, sentence: str, facts: tuple[str, ...] = ()) -> None:
        super().__init__("\n  ".join((sentence, *facts)))
        self.facts = facts
