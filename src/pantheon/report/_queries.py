"""Where each number of the report comes from: a query over the store for every one of them.

A key names numbers by their place in the JSON rendering; `[]` is any item of a list. Parameters
name values of the same report: `:period_since` is `since` under `period`; for a number inside a
list, `:agents_name` is `name` of the item of `agents` that it lies in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """What a number is, and the SQL that gives it."""

    says: str
    sql: str


QUERIES: Mapping[str, Query] = {}
