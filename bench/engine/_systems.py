"""The engines that are measured, and the rows that each has in the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kept: TypeAlias = Literal["memory", "SQLite"]


@dataclass(frozen=True, slots=True)
class Row:
    """One engine in one mode."""

    system: str
    """Also the name of its environment, if it has one of its own."""
    mode: str
    """What its script calls the mode."""
    title: str
    kept: Kept
    """Where results are when the process dies."""

    @property
    def script(self) -> str:
        """The module that measures it, by its name for `python -m`."""
        where = "bench.engine" if self.own else "bench.engine.peers"
        return f"{where}._{self.system}"

    @property
    def own(self) -> bool:
        """Whether it runs in this environment."""
        return self.system in {"floor", "pantheon"}


ROWS = (
    Row("floor", "direct", "floor: direct await, a task a branch", "memory"),
    Row("floor", "tasks", "floor: a task a node", "memory"),
    Row("floor", "commits", "floor: a transaction a node", "SQLite"),
    Row("floor", "grouped", "floor: group commit", "SQLite"),
    Row("pantheon", "memory", "**Pantheon**, `memory`", "memory"),
    Row("pantheon", "fast", "**Pantheon**, `fast` (WAL, NORMAL)", "SQLite"),
    Row("pantheon", "safe", "**Pantheon**, `safe` (WAL, FULL)", "SQLite"),
    Row("py_trees", "memory", "py_trees, synchronous ticks", "memory"),
    Row("burr", "memory", "Burr", "memory"),
    Row("burr", "sqlite", "Burr, AsyncSQLitePersister", "SQLite"),
    Row("burr", "tuned", "Burr, the same with WAL, NORMAL", "SQLite"),
    Row("pydantic_graph", "memory", "pydantic-graph", "memory"),
    Row("langgraph", "memory", "LangGraph, no checkpointer", "memory"),
    Row("langgraph", "async", "LangGraph, AsyncSqliteSaver, `async` (default)", "SQLite"),
    Row("langgraph", "sync", "LangGraph, AsyncSqliteSaver, `sync`", "SQLite"),
    Row("langgraph", "sync-tuned", "LangGraph, the same with NORMAL", "SQLite"),
    Row("haystack", "memory", "Haystack, `run_async`", "memory"),
    Row("llamaindex", "memory", "LlamaIndex Workflows", "memory"),
    Row("llamaindex", "sqlite", "LlamaIndex Workflows, SqliteWorkflowStore", "SQLite"),
    Row("llamaindex", "single", "LlamaIndex Workflows, the same with one connection", "SQLite"),
    Row("dbos", "sqlite", "DBOS", "SQLite"),
    Row("dbos", "tuned", "DBOS, the same with WAL, NORMAL", "SQLite"),
)
SYSTEMS = tuple(dict.fromkeys(row.system for row in ROWS))
PEERS = tuple(dict.fromkeys(row.system for row in ROWS if not row.own))
