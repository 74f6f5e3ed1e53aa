"""A queue in which nobody waits behind somebody else's pile."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out for each owner, the owners in turn; what is urgent goes before everything else."""

    def __init__(self) -> None:
        self._piles: tuple[dict[str, deque[T]], dict[str, deque[T]]] = ({}, {})

    def __len__(self) -> int:
        return sum(len(pile) for piles in self._piles for pile in piles.values())

    def put(self, owner: str, item: T, *, is_urgent: bool) -> None:
        """Append `item`."""
        self._piles[not is_urgent].setdefault(owner, deque()).append(item)

    def before(self, owner: str) -> int:
        """How many urgent ones would be taken before another one of `owner`."""
        urgent = self._piles[0]
        turns = len(urgent.get(owner, ())) + 1
        return turns - 1 + sum(min(len(pile), turns) for one, pile in urgent.items() if one != owner)

    def take(self) -> T | None:
        """The next one; None: there is none."""
        for piles in self._piles:
            for owner, pile in piles.items():
                item = pile.popleft()
                # The owner's turn comes again after all others.
                del piles[owner]
                if pile:
                    piles[owner] = pile
                return item
        return None
