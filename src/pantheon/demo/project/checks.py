"""The demo's reviewer: two rules that need no model."""


def review(module: str, reply: str) -> dict[str, object]:
    """Say whether the reply names the module and is at most 60 words long."""
    if module not in reply:
        return {"ok": False, "comment": f"The reply does not name {module}."}
    words = len(reply.split())
    if words > 60:
        return {"ok": False, "comment": f"The reply has {words} words; 60 is the most."}
    return {"ok": True, "comment": f"Names {module}, {words} words."}
