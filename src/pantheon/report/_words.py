"""Numbers, spans and dates as people read them; every rendering takes its words from here."""

from __future__ import annotations

from datetime import UTC, datetime

from pantheon.report._model import Estimate

_MINUTE = 60
_HOUR = 3600
_DAY = 86400


def count(number: int) -> str:
    """1,234."""
    return f"{number:,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share of 0..1 with as many digits as it deserves: 38%, 4.2%, 5%, 0.03%."""
    hundredths = share * 100
    if abs(hundredths) >= 9.95:
        return f"{hundredths:.0f}%"
    if abs(hundredths) >= 0.095:
        return f"{hundredths:.1f}".removesuffix(".0") + "%"
    return f"{hundredths:.1g}%" if abs(hundredths) >= 0.001 else "0%"


def estimate(figure: Estimate) -> str:
    """The value alone, or a dash where nothing was seen."""
    return "–" if figure.value is None else percent(figure.value)


def interval(figure: Estimate) -> str:
    """`2.1% to 6.3%`; the level is said once, where the intervals are explained."""
    return f"{percent(figure.low)} to {percent(figure.high)}"


def with_interval(figure: Estimate) -> str:
    """`4.2% (2.1% to 6.3%)`."""
    return f"{estimate(figure)} ({interval(figure)})"


def money(usd: float) -> str:
    """$1,204.50; cents get the digits they need: $0.0042."""
    if usd == 0 or abs(usd) >= 0.995:
        return f"${usd:,.2f}"
    if abs(usd) >= 0.0095:
        return f"${usd:.2f}"
    return f"${usd:.2g}" if abs(usd) >= 0.0001 else "under $0.0001"


def duration(seconds: float) -> str:
    """0.3 s, 42 s, 12 min 5 s, 5 h 12 min, 3 d 4 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole // _MINUTE, "min", whole % _MINUTE, "s")
    if whole < 2 * _DAY:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "min")
    return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit}" + (f" {small} {small_unit}" if small else "")


def tokens(number: int) -> str:
    """950, 12.4 k, 1.9 M."""
    if number < 10_000:
        return count(number)
    return f"{number / 1e3:.1f} k" if number < 1_000_000 else f"{number / 1e6:.1f} M"


def date(at: float) -> str:
    """Tuesday 3 March 2026 (UTC)."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def moment(at: float) -> str:
    """Tue 3 Mar 06:12 (UTC)."""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when:%a} {when.day} {when:%b %H:%M}"


def time_of(at: float) -> str:
    """06:12 (UTC)."""
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"


def day_of(at: float) -> str:
    """2026-03-03, the UTC day a moment falls on."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def short_day(day: str) -> str:
    """`2026-03-03` → `3 Mar`."""
    when = datetime.fromisoformat(day)
    return f"{when.day} {when:%b}"


def listing(parts: list[str]) -> str:
    """`a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def short_hash(value: str) -> str:
    """Enough of a content hash to recognise it."""
    return value if len(value) <= 15 else value[:15]
