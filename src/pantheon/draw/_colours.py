"""The colours of a drawing in light and dark, the same as those of the report."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#faf8f4", "card": "#ffffff", "wash": "#f1ede4", "ink": "#1c1f23",
    "quiet": "#565d66", "rule": "#d9d4c8", "edge": "#767d86", "cloud": "#0b62ad",
    "good": "#1c6b3a", "warn": "#855000", "bad": "#a61b2b",
    "good-wash": "#e6f2ea", "warn-wash": "#f8eedb", "bad-wash": "#f9e7e8",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "paper": "#14161a", "card": "#1b1e24", "wash": "#23272e", "ink": "#e9e6df",
    "quiet": "#aab1bb", "rule": "#3a404a", "edge": "#8a929d", "cloud": "#6fb4f5",
    "good": "#7bd39a", "warn": "#efb54e", "bad": "#ff9090",
    "good-wash": "#18291f", "warn-wash": "#2e2614", "bad-wash": "#321c20",
}  # fmt: skip


def style_rules(colours: Mapping[str, str]) -> str:
    """Rules that set every colour, without custom properties: not every viewer knows them."""
    return "".join(f".pd {rule}" for rule in _RULES.format_map(_Names(colours)).splitlines())


class _Names(dict[str, str]):
    """Colours for `format_map`, where names have hyphens."""

    def __init__(self, colours: Mapping[str, str]) -> None:
        super().__init__({name.replace("-", "_"): value for name, value in colours.items()})


_RULES = """\
.paper{{fill:{paper}}}
text{{fill:{ink}}}
text.q{{fill:{quiet}}}
.box{{fill:{card};stroke:{edge}}}
.end{{fill:{wash}}}
.frame{{fill:{wash};stroke:{edge}}}
.bar{{fill:{cloud}}}
.edge{{stroke:{edge}}}
.head{{fill:{edge}}}
.pill{{fill:{paper};stroke:{rule}}}
.added .box,.added.box{{stroke:{good};fill:{good_wash}}}
.removed .box,.removed.box{{stroke:{bad};fill:{bad_wash}}}
.changed .box,.changed.box{{stroke:{warn};fill:{warn_wash}}}
.added .frame{{stroke:{good}}}
.removed .frame{{stroke:{bad}}}
.changed .frame{{stroke:{warn}}}
.added .edge,.added .pill{{stroke:{good}}}
.removed .edge,.removed .pill{{stroke:{bad}}}
.added .head,.added .badge{{fill:{good}}}
.removed .head,.removed .badge{{fill:{bad}}}
.changed .badge{{fill:{warn}}}
.badge+path{{stroke:{paper}}}"""


STRUCTURE = (
    '.pd text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,'
    "sans-serif}"
    ".pd text.t{font-size:14px;font-weight:600}"
    ".pd text.c{font:11.5px ui-monospace,Menlo,Consolas,monospace}"
    ".pd .box,.pd .frame{stroke-width:1.2}"
    ".pd .edge{fill:none;stroke-width:1.5}"
    ".pd .dotted{stroke-dasharray:2 4}"
    ".pd .dashed{stroke-dasharray:5 3}"
    ".pd .added .box,.pd .changed .box{stroke-width:2}"
    ".pd .removed .box{stroke-width:2;stroke-dasharray:6 4}"
    ".pd .removed .edge{stroke-dasharray:6 4}"
    ".pd .added .edge,.pd .removed .edge{stroke-width:2}"
    ".pd .removed text.t{text-decoration:line-through}"
    ".pd .badge+path{fill:none;stroke-width:2;stroke-linecap:round}"
)
"""What is the same in light and dark: faces, widths, dashes."""
