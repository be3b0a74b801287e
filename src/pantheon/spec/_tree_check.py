"""A behaviour tree against the flow it belongs to.

A tree keeps only where its parts begin, so `tree_tests` puts its expressions back at their places
for the check of types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pantheon.errors import Where
from pantheon.spec._draft import NodeDraft, Wired
from pantheon.spec._flow_model import (
    TreeDef,
)
from pantheon.spec._source import Findings, Place, Scalar, did_you_mean


def tree_leaves(tree: TreeDef) -> Iterator[TreeDef]:
    """The leaves that name a node, from left to right; a node may be named several times."""
    if tree.kind == "node":
        yield tree
    for child in tree.children:
        yield from tree_leaves(child)


def tree_tests(tree: TreeDef, at: Place) -> Iterator[Wired]:
    """Every expression of the tree at its place, for the check of types.

    All of them are conditions over `input`, the nodes, `context` and `memory`. `at` is any place
    of the file that the tree stands in.
    """
    if tree.test is not None:
        source = tree.test.source
        place = _place(tree.test.where, at, len(source))
        yield Wired(tree.test, Scalar(source, place, source))
    for child in tree.children:
        yield from tree_tests(child, at)


def _place(where: Where, at: Place, length: int) -> Place:
    return Place(at.file, where.line - 1, where.column - 1, length)


def check_tree(
    tree: TreeDef, nodes: Mapping[str, NodeDraft], findings: Findings, at: Place
) -> None:
    """Record leaves that name nothing, nodes that no leaf names, and tests that never change.

    `nodes` are those of the flow, with its fallbacks resolved; `at` is any place of the file.
    """
    stand_ins = {n.fallback.text: n.name for n in nodes.values() if n.fallback}
    for leaf in tree_leaves(tree):
        _check_leaf(leaf, nodes, stand_ins, findings=findings, at=at)
    _check_tests(tree, findings, at)
    named = {leaf.node for leaf in tree_leaves(tree)} | set(stand_ins)
    for name in nodes:
        if name not in named:
            message = f"No part of the tree names the node `{name}`, so it never runs."
            fix = f"add `{name}` to the tree, or remove it"
            findings.error("unused-node", nodes[name].key.place, message, fix)


def _check_leaf(
    leaf: TreeDef,
    nodes: Mapping[str, NodeDraft],
    stand_ins: Mapping[str, str],
    *,
    findings: Findings,
    at: Place,
) -> None:
    name = leaf.node or ""
    if name in nodes and name not in stand_ins:
        return
    message, fix = f"There is no node `{name}` in this flow.", did_you_mean(name, nodes)
    if name in stand_ins:
        message = f"`{name}` only runs in the place of `{stand_ins[name]}`."
        fix = f"name `{stand_ins[name]}`: it holds the answer whoever gave it"
    findings.error("unknown-node", _place(leaf.where, at, len(name)), message, fix)


def _check_tests(tree: TreeDef, findings: Findings, at: Place) -> None:
    """A test of what cannot change decides nothing: by nature, or while the part repeats."""
    if tree.test is not None:
        fixed = {"input"} if tree.kind == "repeat" else set[str]()
        if tree.test.roots <= fixed:
            place = _place(tree.test.where, at, len(tree.test.source))
            message = f"The {_NAMES[tree.kind]} `{tree.test.source}` never changes."
            fix = "read a node, `context` or `memory` in it, or remove it"
            findings.warn("constant-test", place, message, fix)
    for child in tree.children:
        _check_tests(child, findings, at)


_NAMES: dict[str, str] = {
    "node": "test of success",
    "condition": "condition",
    "guard": "condition of the guard",
    "repeat": "end of the repetition",
}
