"""What is never copied out of a log."""

from __future__ import annotations

import pytest

from pantheon.learn.discover._secrets import holds_personal_data, holds_secret, without_secrets


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcdefghijklmnop1234567890",
        "ghp_abcdefghijklmnopqrstuvwxyz012345",
        "AKIAABCDEFGHIJKLMNOP",
        "Bearer abcdefghijklmnopqrstu",
        "password: hunter2hunter2",
        'api_key="abc123def456"',
        "postgres://me:secretword@host/db",
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_seen_and_removed(secret: str) -> None:
    """Inside a sentence, and inside JSON."""
    assert holds_secret({"a": [f"use {secret} here"]})
    assert not holds_secret(without_secrets(f"use {secret} here"))


@pytest.mark.parametrize(
    "text", ["the secret of a good token economy", "sk-8 is a bus", "task-force"]
)
def test_words_are_no_secrets(text: str) -> None:
    """Nobody's text is left out for a word."""
    assert not holds_secret(text)


def test_personal_data_is_seen() -> None:
    """Mail, telephone, account; a year or an amount is none."""
    assert holds_personal_data("write to ann@example.org")
    assert holds_personal_data("call +49 170 1234567")
    assert holds_personal_data("DE89 3704 0044 0532 0130 00")
    assert not holds_personal_data("in 2026 we paid 1,250.00 for 12 of them")
