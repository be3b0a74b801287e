"""The watch finds broken promises, and seldom cries wolf."""

from __future__ import annotations

import numpy as np
import pytest

from pantheon.learn import AuditMonitor, Promise

PROMISE = Promise(0.05, 0.95)


def watch(risk: float, *, requests: int, seed: int, local: float = 0.6) -> AuditMonitor:
    """Requests of which a share is local, and a share `risk` of all local and wrong."""
    draw = np.random.default_rng(seed)
    monitor = AuditMonitor.start(PROMISE, audit_rate=0.2)
    for mine, coin, luck in draw.random((requests, 3)):
        if mine >= local:
            monitor = monitor.see_escalated()
        elif coin >= 0.2:
            monitor = monitor.see_unaudited()
        else:
            monitor = monitor.see_audited(wrong=bool(luck < risk / local))
    return monitor


def test_a_kept_promise_seldom_raises_an_alarm() -> None:
    """At exactly the promised risk at most about alpha of the lives ever see an alarm."""
    alarms = sum(watch(0.05, requests=1200, seed=seed).broken for seed in range(60))
    # 8 or more of 60 at a true rate of 5 % has a chance below 1 %.
    assert alarms <= 7


def test_a_plainly_broken_promise_is_found() -> None:
    """Four times the promised risk is seen within 2,000 requests at an audit rate of 20 %."""
    assert all(watch(0.2, requests=2000, seed=seed).broken for seed in range(8))


def test_an_alarm_is_not_taken_back() -> None:
    """Evidence once reached stays, however well things go afterwards."""
    monitor = AuditMonitor.start(PROMISE, audit_rate=0.2)
    for _ in range(12):
        monitor = monitor.see_audited(wrong=True)
    assert monitor.broken
    assert monitor.see_escalated(10_000).broken


def test_many_escalations_at_once_equal_one_after_the_other() -> None:
    """Counts may be noted in one step."""
    start = AuditMonitor.start(PROMISE, audit_rate=0.05)
    slow = start
    for _ in range(40):
        slow = slow.see_escalated()
    assert start.see_escalated(40).fortunes == pytest.approx(slow.fortunes)
    assert start.see_escalated(40).requests == slow.requests == 40


def test_every_bet_is_fair_if_the_promise_is_just_kept() -> None:
    """The expected growth of each fortune over one request is 1."""
    start = AuditMonitor.start(PROMISE, audit_rate=0.2)
    risk, local, rate = 0.05, 0.6, 0.2
    cases = (
        (1 - local, start.see_escalated()),
        (local * (1 - rate), start.see_unaudited()),
        (rate * risk, start.see_audited(wrong=True)),
        (rate * (local - risk), start.see_audited(wrong=False)),
    )
    for gambler in range(len(start.fortunes)):
        mean = sum(chance * np.exp(after.fortunes[gambler]) for chance, after in cases)
        assert mean == pytest.approx(1)


@pytest.mark.parametrize("budget", [0.001, 0.3, 0.9])
def test_any_promise_can_be_watched(budget: float) -> None:
    """Stakes never exceed what a gambler owns."""
    monitor = AuditMonitor.start(Promise(budget), audit_rate=1.0)
    for wrong in (True, False, False, True):
        monitor = monitor.see_audited(wrong=wrong)
    assert np.isfinite(monitor.fortunes).all()
    assert (monitor.requests, monitor.audited, monitor.wrong) == (4, 4, 2)
