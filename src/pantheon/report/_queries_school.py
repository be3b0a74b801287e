"""Where the numbers about learning itself come from."""

from __future__ import annotations

from collections.abc import Mapping

from pantheon.report._query import Query

_LADDER = "as the night kept it in `ladder` of versions.evidence"
_QUALITY = "from predictions, examples and judgements, as `pantheon teach` counts them"
_WEAR = "from looks and held-out examples; pantheon.learn.gates.inspect says how"
_TESTED = "SELECT count(*) FROM (SELECT DISTINCT agent, test, subject FROM decisions WHERE at <= "

SCHOOL: Mapping[str, Query] = {
    "agents[].update.ladder[].local_share": Query("A kind's local share", formula=_LADDER),
    "agents[].update.ladder[].agreement": Query("A kind's agreement", formula=_LADDER),
    "agents[].update.ladder[].seconds": Query("Seconds it took", formula=_LADDER),
    "agents[].quality.margin": Query("How much worse it may be", formula="the definition"),
    "agents[].quality.confidence": Query("With which confidence", formula="the definition"),
    "agents[].quality.rows": Query("Requests that both answered", formula=_QUALITY),
    "agents[].quality.judged": Query("Differences judged", formula=_QUALITY),
    "agents[].quality.pending": Query("Differences to judge", formula=_QUALITY),
    "agents[].quality.wins": Query("The local answer was right", formula=_QUALITY),
    "agents[].quality.losses": Query("The cloud's answer was right", formula=_QUALITY),
    "agents[].quality.local_share": Query("Shown to be good enough", formula=_QUALITY),
    "agents[].quality.expected_share": Query("The same as a forecast", formula=_QUALITY),
    "agents[].quality.judgements_needed": Query("Judgements to go", formula=_QUALITY),
    "agents[].probation.share": Query(
        "Requests for what is on probation",
        "SELECT share FROM channel_moves WHERE agent = :agents_name AND channel = 'canary' "
        "AND at <= :period_until ORDER BY rowid DESC LIMIT 1",
    ),
    "agents[].probation.since": Query(
        "Start of a probation",
        "SELECT at FROM channel_moves WHERE agent = :agents_name AND channel = 'canary' "
        "AND at <= :period_until ORDER BY rowid DESC LIMIT 1",
    ),
    "agents[].held_out.rows": Query("Held-out examples in use", formula=_WEAR),
    "agents[].held_out.resting": Query("Held-out examples that rest", formula=_WEAR),
    "agents[].held_out.looks": Query("Looks at them", formula=_WEAR),
    "agents[].held_out.bits": Query("Bits that those can have told", formula=_WEAR),
    "agents[].held_out.allowed": Query("Bits that may be told", formula=_WEAR),
    "alarms[].at": Query("When it was raised", "SELECT at FROM alarms WHERE id = :alarms_id"),
    "budget.alpha": Query("Mistakes among improvements", formula="pantheon.learn.gates.ALPHA"),
    "budget.tests": Query("Claims that were tested", f"{_TESTED}:period_until)"),
    "budget.accepted": Query("Claims that were accepted", f"{_TESTED}:period_until AND rejected)"),
    "budget.left": Query("Budget that is left", formula="1 − shares of the tests so far (e-LOND)"),
}
