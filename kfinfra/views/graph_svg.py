"""The dependency graph as a drawing for a browser: a column for each depth, an arrow to what is depended on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from xml.sax.saxutils import escape

from kfinfra.graph.layers import Slot, layered

HEIGHT, ROW, GAP, MARGIN = 28, 44, 70, 16
CHARACTER = 7.3
"""The width in pixels of a character of the font, 12 pixels high."""

_STYLE = (
    "rect{fill:#f6f8fa;stroke:#57606a}path{fill:none;stroke:#8c959f}text{font:12px monospace;fill:#24292f}"
    "@media(prefers-color-scheme:dark){rect{fill:#161b22;stroke:#8b949e}text{fill:#e6edf3}}"
)
_ARROW = '<marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
_HEAD = f'<defs>{_ARROW}<path d="M0 0L8 4L0 8z" style="fill:#8c959f;stroke:none"/></marker></defs>'


def graph_svg(edges: Mapping[str, Collection[str]]) -> str:
    """The graph as an SVG document. Raises CycleError."""
    drawing = layered({node: sorted(edges[node]) for node in sorted(edges)})
    widths = [max((len(s.node) * CHARACTER + 20 for s in column if s.bend == 0), default=0.0) for column in drawing.columns]
    tallest = max((len(column) for column in drawing.columns), default=0)
    place: dict[Slot[str], tuple[float, float, float]] = {}
    x = float(MARGIN)
    for column, width in zip(drawing.columns, widths, strict=True):
        top = MARGIN + (tallest - len(column)) * ROW / 2
        for row, slot in enumerate(column):
            place[slot] = (x, top + row * ROW + HEIGHT / 2, width)
        x += width + GAP
    right, bottom = max(x - GAP + MARGIN, 2 * MARGIN), 2 * MARGIN + max(tallest * ROW - (ROW - HEIGHT), 0)
    paths = [_path([place[slot] for slot in edge]) for edge in drawing.edges]
    boxes = [_box(slot.node, place[slot]) for column in drawing.columns for slot in column if slot.bend == 0]
    size = f'width="{right:.0f}" height="{bottom:.0f}" viewBox="0 0 {right:.0f} {bottom:.0f}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([start, f"<style>{_STYLE}</style>", _HEAD, *paths, *boxes, "</svg>", ""])


def _box(name: str, at: tuple[float, float, float]) -> str:
    x, y, width = at
    rect = f'<rect x="{x:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" height="{HEIGHT}" rx="4"/>'
    return f'<g>{rect}<text x="{x + 10:.1f}" y="{y + 4:.1f}">{escape(name)}</text></g>'


def _path(places: Sequence[tuple[float, float, float]]) -> str:
    """A curve from the left side of the dependent to the right side of the dependency, through the bends between."""
    (x, y, _), text = places[0], ""
    text = f"M{x:.1f} {y:.1f}"
    for index, (left, down, width) in enumerate(places[1:], 1):
        end = left + width
        half = (x + end) / 2
        text += f"C{half:.1f} {y:.1f} {half:.1f} {down:.1f} {end:.1f} {down:.1f}"
        if index < len(places) - 1:
            text += f"L{left:.1f} {down:.1f}"
        x, y = left, down
    return f'<path d="{text}" marker-end="url(#a)"/>'
