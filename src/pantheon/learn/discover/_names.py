"""Names for what was found: of slots, of the answer's field, of the agent; and what is generic."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from pantheon.learn.discover._call import is_mark
from pantheon.learn.discover._shape import Shape
from pantheon.learn.discover._templates import Template

_LABEL = re.compile(r"([A-Za-z][A-Za-z0-9_ -]{0,40}?)\s*[:=]\s*[\"'`<\[({«“]*\s*$")
_TAG = re.compile(r"<([A-Za-z][\w-]{0,30})>\s*[\"'`]*\s*$")
_HEADING = re.compile(r"#+\s*([A-Za-z][A-Za-z0-9_ ]{0,30})\s*$")
_TAKEN = frozenset(
    {"and", "or", "not", "in", "true", "false", "null", "input", "item"}
    | {"description", "examples", "schema", "self", "loop"}
)
"""Words of expressions and of templates."""
_FILLERS = frozenset(
    ["a", "an", "the", "this", "that", "these", "those", "following", "below", "above", "given", "each", "every", "any", "all", "it", "its", "as", "of", "to", "for", "in", "on", "at", "by", "with", "from", "into", "and", "or", "not", "no", "one", "only", "just", "exactly", "is", "are", "be", "was", "will", "can", "could", "should", "would", "must", "may", "do", "does", "you", "your", "yours", "i", "we", "our", "us", "my", "me", "they", "their", "he", "she", "who", "whom", "what", "which", "when", "where", "why", "how", "please", "kindly", "if", "then", "else", "than", "so", "such", "also", "helpful", "assistant", "ai", "model", "language", "large", "chatbot", "bot", "expert", "specialist", "professional", "experienced", "senior", "friendly", "concise", "precise", "accurate", "careful", "brief", "polite", "useful", "smart", "act", "acting", "role", "task", "job", "help", "helping", "answer", "answers", "respond", "response", "reply", "replies", "output", "return", "say", "give", "provide", "write", "today", "date", "now", "time", "named", "called", "trained", "openai", "chatgpt", "gpt", "knowledge", "cutoff", "user", "users", "s", "don", "t", "m", "re"]
)  # fmt: skip
_NAME_WORDS = 3
_LONGEST_NAME = 40
_DEFAULT_FIELDS = {"label": "label", "labels": "labels", "number": "value", "text": "answer"}


def content_words(words: Sequence[str]) -> list[str]:
    """Words that say what a prompt is about, in order, each once."""
    plain = [word.casefold() for word in words]
    return list(dict.fromkeys(w for w in plain if w not in _FILLERS and not w.isdigit()))


def name_slots(template: Template, slots: Sequence[int] | None = None) -> tuple[str, ...]:
    """What each slot is called in the prompt: `Ticket: {ticket}`, `<review>{review}</review>`."""
    names: list[str] = []
    for number in range(template.slots) if slots is None else slots:
        before, after = template.runs[number], template.runs[number + 1]
        whole = is_mark(before.tokens[-1]) and is_mark(after.tokens[0])
        said = None if whole else _label_of(before.text) or _thing_of(before.text, after.text)
        names.append(_unique(identifier(said or "text"), names))
    return tuple(names)


def _label_of(text: str) -> str | None:
    line = text.rstrip().rpartition("\n")[2]
    for pattern in (_TAG, _LABEL, _HEADING):
        if found := pattern.search(line):
            words = found[1].split()
            told = [word for word in words if word.casefold() not in _FILLERS][-2:]
            return " ".join(told if len(words) <= 2 else told[-1:]) or None
    return None


def _thing_of(before: str, after: str) -> str | None:
    """`the {team} team` is a team."""
    thing = re.match(r"[ \t]*([a-z]{3,20})\b", after)
    return thing[1] if thing and re.search(r"(?i)\b(?:the|this|a|an)\s*$", before) else None


def _unique(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    return next(n for i in range(2, 1000) if (n := f"{name}_{i}") not in taken)


def identifier(text: str) -> str:
    """The text as a name that expressions and templates can use."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_0123456789")[:_LONGEST_NAME].strip("_")
    if not plain:
        return "text"
    return f"{plain}_text" if plain in _TAKEN else plain


def name_answer(templates: Sequence[Template], shape: Shape) -> str:
    """The field that a bare answer is put into: what a prompt or the answers call it."""
    ends = (_label_of(one.runs[-1].text.rpartition("\x02")[0]) for one in templates)
    asked = next((said for said in ends if said), None)
    return identifier(asked or shape.lead or _DEFAULT_FIELDS.get(shape.kind, "answer"))


def common_words(texts: Sequence[str]) -> list[str]:
    """The words that most texts share, in the order in which they mostly come."""
    places: dict[str, list[int]] = {}
    for text in texts:
        for place, word in enumerate(content_words(re.findall(r"\w+", text))):
            places.setdefault(word, []).append(place)
    often = sorted(places, key=lambda word: (-len(places[word]), word))[:_NAME_WORDS]
    return sorted(often, key=lambda word: (sum(places[word]) / len(places[word]), word))


def name_agent(words: Sequence[str], *, taken: Collection[str]) -> str:
    """Two or three telling words of the instruction, as a name that is free."""
    parts: list[str] = []
    for word in content_words(words):
        plain = identifier(word)
        if len(word) < 2 or (plain == "text" and word != "text"):
            continue
        if len("_".join([*parts, plain])) > _LONGEST_NAME or len(parts) == _NAME_WORDS:
            break
        parts.append(plain)
    return _unique(identifier("_".join(parts)) if parts else "recurring", taken)


def listed_labels(text: str, seen: Collection[str]) -> list[str] | None:
    """All labels that a prompt lists, seen or not; None when it lists not all that were seen."""
    wanted = {label.casefold() for label in seen}
    best: list[str] = []
    for items in (_trimmed(raw, seen) for raw in _lists(text)):
        known = {item.casefold() for item in items}
        if wanted <= known and (not best or len(items) < len(best)):
            best = items
    return best or None


def _trimmed(items: list[str], seen: Collection[str]) -> list[str]:
    """The list without the words that lead to its first item and follow its last."""
    ends = {
        0: [label for label in seen if items and items[0].endswith(f" {label}")],
        len(items) - 1: [label for label in seen if items and items[-1].startswith(f"{label} ")],
    }
    return [max(ends[n], key=len) if ends.get(n) else item for n, item in enumerate(items)]


def _lists(text: str) -> Iterator[list[str]]:
    """Enumerations in a text: after a colon on one line, or as bullets on several."""
    bullets: list[str] = []
    for line in [*text.splitlines(), ""]:
        if bullet := re.match(r"\s*(?:[-*•]|\d+[.)])\s+(.+)", line):
            bullets.append(bullet[1])
            continue
        if bullets:
            yield _items(bullets)
            yield _items([re.split(r"\s*(?::|—|–| - )\s*", one)[0] for one in bullets])
            bullets = []
        for part in re.split(r"[:.](?=\s|$)|[()\[\]{}]", line):
            yield _items(re.split(r"[,;|/]|\bor\b|\band\b", part))
            yield _items(_last_words(re.split(r"[,;|/]|\bor\b|\band\b", part)))


def _items(parts: Sequence[str]) -> list[str]:
    plain = (part.strip(" \t\"'`*_.,;") for part in parts)
    return list(dict.fromkeys(part for part in plain if part))


def _last_words(parts: Sequence[str]) -> list[str]:
    """`one of a, b or c please`: the first item without what leads to it."""
    first, *rest = [part.split() for part in parts]
    longest = max((len(words) for words in rest[:-1]), default=1)
    return [" ".join(first[-longest:]), *(" ".join(words[:longest]) for words in rest)]
