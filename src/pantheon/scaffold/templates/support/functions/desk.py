"""The rules of the desk: functions that agents call; inputs by name in, the output object back."""

import re


def clean(message: str) -> dict[str, str]:
    """Take out quoted lines, and all from the signature on."""
    body = message.split("\n-- \n", maxsplit=1)[0]
    lines = [line for line in body.splitlines() if not line.startswith(">")]
    return {"text": " ".join(" ".join(lines).split())}


def facts(text: str) -> dict[str, object]:
    """Find the order number (`A-1234`), and words that mean haste."""
    found = re.search(r"\b[A-Z]-\d{4}\b", text)
    urgent = any(word in text.lower() for word in ("urgent", "stolen", "immediately"))
    return {"order": found[0] if found else "", "urgent": urgent}


def reply(text: str, team: str, order: str) -> dict[str, str]:
    """Say who will answer, and about which order."""
    about = f" about order {order}" if order else ""
    return {"reply": f"Thank you for your message{about}. The {team} team will answer you today."}


def check(reply: str) -> dict[str, object]:
    """Refuse what only a person may promise."""
    bad = next((word for word in ("refund", "guarantee") if word in reply.lower()), None)
    return {"ok": bad is None, "comment": f"It promises a {bad}." if bad else "Fine."}
