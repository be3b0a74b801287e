"""The layout: rows, bends, order and places, on graphs of every shape."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pantheon.draw._arrange import arrange
from pantheon.draw._order import count_crossings, make_grid, reduce_crossings
from pantheon.draw._places import fit_increasing
from pantheon.draw._ranks import Edge, Node, assign_ranks, find_backward
from pantheon.draw._tracks import Net, assign_tracks

GAP = 10.0


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    """Boxes of any size, joined in any way, cycles too."""
    count = draw(st.integers(1, 12))
    sizes = st.floats(1, 200)
    nodes = [Node(str(n), draw(sizes), draw(sizes)) for n in range(count)]
    pairs = draw(st.sets(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))))
    label = st.none() | st.tuples(sizes, sizes)
    edges = [Edge(str(a), str(b), draw(label)) for a, b in sorted(pairs) if a != b]
    return nodes, edges


@given(graphs())
def test_every_arrow_points_down_once_cycles_are_broken(
    graph: tuple[list[Node], list[Edge]],
) -> None:
    """And one with a label goes down two rows at least, so that the label has one to itself."""
    nodes, edges = graph
    backward = find_backward(nodes, edges)
    down = [Edge(e.target, e.source, e.label) if i in backward else e for i, e in enumerate(edges)]
    ranks = assign_ranks(nodes, down)
    assert min(ranks.values()) >= 0
    assert all(ranks[e.target] - ranks[e.source] >= e.span for e in down)


@given(graphs())
def test_nothing_overlaps(graph: tuple[list[Node], list[Edge]]) -> None:
    """Boxes, labels and passing lines of one row stand apart by the gap."""
    grid = arrange(*graph, gap=GAP, bend=4.0).grid
    for row in grid.rows:
        cells = [grid.cells[number] for number in row]
        for one, other in itertools.pairwise(cells):
            assert other.x - one.x >= (one.width + other.width) / 2 + GAP - 1e-6
    assert sorted(number for row in grid.rows for number in row) == list(range(len(grid.cells)))


@given(graphs())
def test_ordering_never_adds_crossings(graph: tuple[list[Node], list[Edge]]) -> None:
    """The best order that was seen is kept."""
    nodes, edges = graph
    backward = find_backward(nodes, edges)
    down = [e for i, e in enumerate(edges) if i not in backward]
    grid = make_grid(nodes, down, assign_ranks(nodes, down), bend=4.0)
    before = count_crossings(grid)
    reduce_crossings(grid)
    assert count_crossings(grid) <= before


def test_a_crossing_that_need_not_be_is_undone() -> None:
    """Two boxes that were written in the other order than what they lead to."""
    nodes = [Node(name, 10, 10) for name in "abcd"]
    edges = [Edge("a", "d"), Edge("b", "c")]
    grid = arrange(nodes, edges, gap=GAP, bend=4.0).grid
    assert count_crossings(grid) == 0


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 10)), min_size=1, max_size=20))
def test_fitted_places_are_in_order_and_keep_the_weighted_mean(
    pairs: list[tuple[float, float]],
) -> None:
    """Isotonic regression: sorted, and of every pool the mean of what was wished."""
    values, weights = [v for v, _ in pairs], [w for _, w in pairs]
    fitted = fit_increasing(values, weights)
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(fitted))
    wished = sum(v * w for v, w in pairs)
    assert abs(sum(f * w for f, w in zip(fitted, weights, strict=True)) - wished) < 1e-6


@given(
    st.lists(st.tuples(st.integers(0, 30), st.lists(st.integers(0, 30), min_size=1)), max_size=8)
)
def test_nets_on_one_track_never_touch(nets: list[tuple[int, list[int]]]) -> None:
    """So that no line seems to go where it does not."""
    listed = [Net(source, tuple(targets)) for source, targets in nets]
    tracks = assign_tracks(listed)
    for one, track in tracks.items():
        for other, its in tracks.items():
            if one < other and track == its:
                a, b = listed[one], listed[other]
                assert a.high + 1 < b.low or b.high + 1 < a.low


def test_a_net_turns_off_above_one_that_ends_in_its_column() -> None:
    """Else the two would be drawn over each other."""
    tracks = assign_tracks([Net(0, (5,)), Net(5, (9,))])
    assert tracks[1] < tracks[0]
