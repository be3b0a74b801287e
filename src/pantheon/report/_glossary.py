"""The words that a report uses, a line each, for whoever reads one for the first time."""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("agent", "one recurring job with a fixed form of question and answer"),
    ("specialist", "what learned an agent's job and answers on this machine"),
    (
        "the cloud",
        "the model elsewhere that answers what no specialist may answer, and costs money",
    ),
    ("audit", "asking the cloud as well about an answer given here, to see whether it agrees"),
    ("promise of agreement", "at most so many of all answers differ from what the cloud says"),
    ("promise of quality", "at most so much worse than the cloud, by what people say is right"),
    ("judgement", "a person's word on which of two different answers is right"),
    ("certified", "shown on past requests, with the stated confidence, to keep the promise"),
    ("held out", "examples that nothing learns from, so that they can test what was learned"),
    ("probation", "a new version answers a part of the requests until it has shown itself"),
    ("stepped back", "the specialist stopped answering, as its promise was in danger"),
    ("AUC", "how well requests of now are told from earlier ones: 0.5 not at all, 1 always"),
    (
        "mistake budget",
        "limits how many accepted improvements are none, over all agents and nights",
    ),
)
