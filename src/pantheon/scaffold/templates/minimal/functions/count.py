"""A function that an agent calls: inputs by name in, the output object back."""


def count(text: str) -> dict[str, int]:
    """Count words."""
    return {"words": len(text.split())}
