"""Whether one name is another with a slip of the finger, so that it may be put right unasked.

Names that are merely alike are not: `deny_refund` is no misspelt `approve_refund`.
"""

from __future__ import annotations

import re

_PARTS = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]+")
_SHORTEST = 4
"""Letters of a word in which a slip may be seen; in a shorter one every letter tells."""
_LONG = 9
"""Letters of a word from which on two slips may be seen."""


def is_slip(written: str, meant: str) -> bool:
    """Whether a name is the other one with letters swapped, missing, added or wrong.

    Numbers and signs must be equal, and so must all words but one.
    """
    one, other = _PARTS.findall(written), _PARTS.findall(meant)
    differing = [pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]]
    return len(one) == len(other) and len(differing) == 1 and _is_slip_of_word(*differing[0])


def _is_slip_of_word(written: str, meant: str) -> bool:
    if not (written.isalpha() and meant.isalpha()) or len(meant) < _SHORTEST:
        return False
    if written.casefold() == meant.casefold():
        return True
    return slips(written, meant) <= (2 if len(meant) >= _LONG else 1)


def slips(written: str, meant: str) -> int:
    """Letters swapped with their neighbour, missing, added or wrong: optimal string alignment."""
    rows = [list(range(len(meant) + 1))]
    for i, left in enumerate(written, 1):
        row = [i]
        for j, right in enumerate(meant, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            swapped = i > 1 and j > 1 and (left, written[i - 2]) == (meant[j - 2], right)
            row.append(min(least, rows[-2][j - 2] + 1) if swapped else least)
        rows.append(row)
    return rows[-1][-1]
