"""Mistakes in another system's form: one edit each, and what a message about it must name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence


def tell(
    base: str,
    edits: Iterable[tuple[str, str, str, str, Sequence[str], Sequence[str]]],
    load: Callable[[str], str | None],
) -> None:
    """Print what a loader says of each edit, as JSON.

    Args:
        base: a text without mistakes.
        edits: name, what is replaced, by what, text on the line to be named, words that all name
            the cause, words of which one names the fix.
        load: loads a text; what it logged, or None; raises where the text is refused.
    """
    assert load(base) is None, "the text without mistakes is refused"
    rows = [_row(base, edit, load) for edit in edits]
    print(json.dumps(rows))


def _row(
    base: str,
    edit: tuple[str, str, str, str, Sequence[str], Sequence[str]],
    load: Callable[[str], str | None],
) -> dict[str, object]:
    name, old, new, at, cause, fix = edit
    assert base.count(old) == 1, name
    text = base.replace(old, new)
    lines = [number for number, line in enumerate(text.split("\n"), 1) if at in line]
    assert lines, name
    try:
        said = load(text)
    except Exception as error:  # noqa: BLE001 (whatever a loader raises is what it says)
        said = f"{type(error).__name__}: {error}"
    return {"name": name, "lines": lines, "cause": list(cause), "fix": list(fix), "said": said}
