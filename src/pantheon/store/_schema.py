"""The tables, as a list of migrations: a published one never changes, new ones are appended.

Columns carry the names of the records' fields. Columns that hold JSON hold either its text or,
for large values, the hash of a blob (`b2:…`; no JSON text begins with the letter b).
"""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION_ID = 0x50414E54
"""`PANT` in the file's header: tells a Pantheon database from any other SQLite file."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; all its statements run in one transaction."""

    number: int
    """`user_version` after it."""
    name: str
    statements: tuple[str, ...]


_FIRST = (
    "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied REAL NOT NULL)",
    # Plain rowid tables for payloads: WITHOUT ROWID costs several times the space.
    """CREATE TABLE blobs (
        hash TEXT PRIMARY KEY, size INTEGER NOT NULL, codec TEXT NOT NULL, data BLOB NOT NULL)""",
    """CREATE TABLE definitions (
        hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
        at REAL NOT NULL)""",
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, flow_hash TEXT NOT NULL, input TEXT NOT NULL,
        state TEXT NOT NULL, created REAL NOT NULL, cause TEXT NOT NULL, seed INTEGER NOT NULL,
        started REAL, finished REAL, output TEXT, failure TEXT, night TEXT,
        owner TEXT, lease_until REAL)""",
    "CREATE INDEX runs_by_time ON runs (created)",
    "CREATE INDEX runs_by_state ON runs (state, created)",
    "CREATE INDEX runs_by_flow ON runs (flow, created)",
    """CREATE TABLE node_results (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, state TEXT NOT NULL,
        output TEXT, reason TEXT, attempts INTEGER NOT NULL, started REAL NOT NULL,
        finished REAL NOT NULL, PRIMARY KEY (run, node, "index"))""",
    """CREATE TABLE events (
        seq INTEGER NOT NULL, run TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, node TEXT,
        data TEXT NOT NULL, PRIMARY KEY (run, seq))""",
    """CREATE TABLE answers (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, at REAL NOT NULL,
        input TEXT NOT NULL, output TEXT, tier TEXT NOT NULL, accepted TEXT NOT NULL,
        source TEXT NOT NULL, confidence REAL, label_propensity REAL NOT NULL,
        local INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
        cost_usd REAL NOT NULL, latency REAL NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, specialist TEXT, tried TEXT)""",
    "CREATE INDEX answers_by_agent ON answers (agent, at)",
    "CREATE INDEX answers_by_time ON answers (at)",
    "CREATE INDEX answers_by_run ON answers (run, node) WHERE run IS NOT NULL",
    "CREATE TABLE owed_audits (answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL)",
    """CREATE TABLE audits (
        answer TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, cloud_output TEXT,
        agrees INTEGER, cost_usd REAL NOT NULL, tokens_in INTEGER NOT NULL,
        tokens_out INTEGER NOT NULL, source TEXT NOT NULL)""",
    "CREATE INDEX audits_by_agent ON audits (agent, at)",
    """CREATE TABLE feedback (
        answer TEXT NOT NULL, agent TEXT NOT NULL, at REAL NOT NULL, verdict TEXT NOT NULL,
        source TEXT NOT NULL, correction TEXT, note TEXT NOT NULL)""",
    "CREATE INDEX feedback_by_answer ON feedback (answer)",
    "CREATE INDEX feedback_by_agent ON feedback (agent, at)",
    """CREATE TABLE examples (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, input TEXT NOT NULL, output TEXT NOT NULL,
        source TEXT NOT NULL, drawn TEXT NOT NULL, at REAL NOT NULL, "group" TEXT NOT NULL,
        split TEXT NOT NULL, propensity REAL NOT NULL, weight REAL NOT NULL, answer TEXT,
        gold TEXT)""",
    "CREATE INDEX examples_by_agent ON examples (agent, split, at)",
    'CREATE INDEX examples_by_group ON examples (agent, "group")',
    """CREATE TABLE versions (
        hash TEXT PRIMARY KEY, agent TEXT NOT NULL, number INTEGER NOT NULL, parent TEXT,
        cause TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL,
        artifact TEXT NOT NULL, night TEXT, UNIQUE (agent, number))""",
    """CREATE TABLE channel_moves (
        agent TEXT NOT NULL, channel TEXT NOT NULL, version TEXT, previous TEXT, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, cause TEXT NOT NULL)""",
    "CREATE INDEX channel_moves_by_agent ON channel_moves (agent, channel)",
    "CREATE TABLE monitors (agent TEXT PRIMARY KEY, state TEXT NOT NULL)",
    """CREATE TABLE looks (
        agent TEXT NOT NULL, night TEXT, looks INTEGER NOT NULL, at REAL NOT NULL)""",
    "CREATE INDEX looks_by_agent ON looks (agent)",
    """CREATE TABLE queue (
        id TEXT PRIMARY KEY, flow TEXT NOT NULL, input TEXT NOT NULL, priority INTEGER NOT NULL,
        submitted REAL NOT NULL, state TEXT NOT NULL, run TEXT, title TEXT NOT NULL)""",
    "CREATE INDEX queue_by_state ON queue (state, priority, submitted)",
    """CREATE TABLE inbox (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, question TEXT NOT NULL, input TEXT NOT NULL,
        schema TEXT NOT NULL, asked REAL NOT NULL, state TEXT NOT NULL, run TEXT, node TEXT,
        "index" INTEGER NOT NULL, answer TEXT, answered REAL)""",
    "CREATE INDEX inbox_by_state ON inbox (state, asked)",
    "CREATE INDEX inbox_by_run ON inbox (run) WHERE run IS NOT NULL",
    """CREATE TABLE nights (
        id TEXT PRIMARY KEY, started REAL NOT NULL, seed INTEGER NOT NULL, finished REAL,
        state TEXT NOT NULL, summary TEXT NOT NULL)""",
    """CREATE TABLE lessons (
        night TEXT NOT NULL, agent TEXT NOT NULL, outcome TEXT NOT NULL, reasons TEXT,
        examples INTEGER NOT NULL, seconds REAL NOT NULL, candidate TEXT, deployed TEXT,
        calibration TEXT NOT NULL, gate TEXT NOT NULL)""",
    "CREATE INDEX lessons_by_night ON lessons (night)",
    "CREATE INDEX lessons_by_agent ON lessons (agent)",
)

_SECOND = (
    "ALTER TABLE node_results ADD COLUMN seq INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE node_results ADD COLUMN note TEXT",
    # When a value was last kept: a row that is to hold it may not be written yet.
    "ALTER TABLE blobs ADD COLUMN at REAL NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN parent TEXT",
    "ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN user TEXT",
    "ALTER TABLE runs ADD COLUMN deadline REAL",
    "ALTER TABLE runs ADD COLUMN compacted REAL",
    "ALTER TABLE runs ADD COLUMN cancel TEXT",
    "CREATE INDEX runs_to_cancel ON runs (cancel) WHERE cancel IS NOT NULL",
    """CREATE TABLE context_writes (
        run TEXT NOT NULL, seq INTEGER NOT NULL, key TEXT NOT NULL, value TEXT, node TEXT NOT NULL,
        "index" INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (run, seq))""",
    """CREATE TABLE memory_writes (
        id INTEGER PRIMARY KEY, scope TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
        value TEXT, at REAL NOT NULL, run TEXT, node TEXT, "index" INTEGER NOT NULL)""",
    "CREATE INDEX memory_by_name ON memory_writes (scope, owner, name, id)",
    """CREATE TABLE signals (
        run TEXT NOT NULL, name TEXT NOT NULL, payload TEXT, at REAL NOT NULL,
        PRIMARY KEY (run, name))""",
    """CREATE TABLE timers (
        run TEXT NOT NULL, node TEXT NOT NULL, "index" INTEGER NOT NULL, due REAL NOT NULL,
        PRIMARY KEY (run, node, "index")) WITHOUT ROWID""",
    "CREATE INDEX timers_by_due ON timers (due)",
    """CREATE TABLE cache (
        key TEXT PRIMARY KEY, agent TEXT NOT NULL, version TEXT NOT NULL, output TEXT NOT NULL,
        answer TEXT, source TEXT NOT NULL, at REAL NOT NULL, expires REAL)""",
    "CREATE INDEX cache_by_agent ON cache (agent)",
    "CREATE INDEX cache_by_expiry ON cache (expires) WHERE expires IS NOT NULL",
)

_THIRD = (
    "ALTER TABLE audits ADD COLUMN judge TEXT",
    "ALTER TABLE channel_moves ADD COLUMN share REAL NOT NULL DEFAULT 1",
    "ALTER TABLE looks ADD COLUMN purpose TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE looks ADD COLUMN rows INTEGER NOT NULL DEFAULT 0",
    """CREATE TABLE trials (
        key TEXT PRIMARY KEY, agent TEXT NOT NULL, night TEXT NOT NULL, rung TEXT NOT NULL,
        at REAL NOT NULL, seconds REAL NOT NULL, state TEXT NOT NULL, result TEXT NOT NULL,
        artifact TEXT)""",
    "CREATE INDEX trials_by_agent ON trials (agent, night)",
    """CREATE TABLE evidence (
        agent TEXT NOT NULL, test TEXT NOT NULL, subject TEXT NOT NULL, night TEXT NOT NULL,
        at REAL NOT NULL, log_e REAL NOT NULL, rows INTEGER NOT NULL, wins INTEGER NOT NULL,
        losses INTEGER NOT NULL, state TEXT NOT NULL)""",
    "CREATE INDEX evidence_by_test ON evidence (agent, test, subject)",
    """CREATE TABLE decisions (
        agent TEXT NOT NULL, night TEXT NOT NULL, test TEXT NOT NULL, subject TEXT NOT NULL,
        level REAL NOT NULL, e_value REAL NOT NULL, rejected INTEGER NOT NULL, at REAL NOT NULL)""",
    """CREATE TABLE judgements (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, example TEXT NOT NULL, at REAL NOT NULL,
        verdict TEXT NOT NULL, output TEXT, who TEXT NOT NULL, local_output TEXT NOT NULL,
        cloud_output TEXT NOT NULL, source TEXT NOT NULL)""",
    "CREATE INDEX judgements_by_agent ON judgements (agent, example)",
    """CREATE TABLE predictions (
        agent TEXT NOT NULL, version TEXT NOT NULL, example TEXT NOT NULL, at REAL NOT NULL,
        output TEXT NOT NULL, score REAL NOT NULL, accepted INTEGER NOT NULL,
        PRIMARY KEY (agent, version, example))""",
    "CREATE INDEX predictions_by_time ON predictions (agent, at)",
    """CREATE TABLE alarms (
        id TEXT PRIMARY KEY, agent TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
        slice TEXT NOT NULL, statistic REAL NOT NULL, detail TEXT NOT NULL, state TEXT NOT NULL)""",
    "CREATE INDEX alarms_by_agent ON alarms (agent, state)",
    """CREATE TABLE suggestions (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, at REAL NOT NULL,
        body TEXT NOT NULL, state TEXT NOT NULL)""",
)

_FOURTH = (
    # Which version of its flow a run belongs to; nothing for runs of the working files.
    "ALTER TABLE runs ADD COLUMN release TEXT",
    "ALTER TABLE runs ADD COLUMN channel TEXT",
    "CREATE INDEX runs_by_release ON runs (release, created) WHERE release IS NOT NULL",
    """CREATE TABLE releases (
        hash TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL,
        definition TEXT NOT NULL, parent TEXT, cause TEXT NOT NULL, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, label TEXT, evidence TEXT NOT NULL,
        seen INTEGER NOT NULL, UNIQUE (kind, name, number))""",
    "CREATE INDEX releases_by_definition ON releases (definition)",
    """CREATE TABLE release_parts (
        release TEXT NOT NULL, part TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY (release, part, name))""",
    """CREATE TABLE release_moves (
        id INTEGER PRIMARY KEY, change TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
        name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, at REAL NOT NULL,
        who TEXT NOT NULL, why TEXT NOT NULL, undoes INTEGER)""",
    "CREATE INDEX release_moves_by_name ON release_moves (kind, name, id)",
    """CREATE TABLE release_intents (
        change TEXT PRIMARY KEY, moves TEXT NOT NULL, at REAL NOT NULL)""",
    # What an answer was asked for; nothing for traffic.
    "ALTER TABLE answers ADD COLUMN role TEXT NOT NULL DEFAULT ''",
    # Only short texts can be looked into here; learning looks into the others.
    """UPDATE answers SET role = 'again' WHERE substr(tried, 1, 1) = '[' AND EXISTS (
        SELECT 1 FROM json_each(tried) AS t WHERE json_extract(t.value, '$.reason') = 'again')""",
)

_FIFTH = (
    """CREATE TABLE shadow_runs (
        run TEXT NOT NULL, release TEXT NOT NULL, at REAL NOT NULL, agreement TEXT NOT NULL,
        output TEXT, failure TEXT, steps TEXT, cost_usd REAL NOT NULL, seconds REAL NOT NULL,
        cause TEXT NOT NULL, PRIMARY KEY (run, release))""",
    "CREATE INDEX shadow_runs_by_release ON shadow_runs (release, at)",
)

MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first tables", _FIRST),
    Migration(2, "what runs share, wait for and keep", _SECOND),
    Migration(3, "what nights try, test, watch and suggest", _THIRD),
    Migration(4, "versions of definitions, and which of them answer", _FOURTH),
    Migration(5, "runs beside what answers", _FIFTH),
)
