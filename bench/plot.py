"""A report as SVG: a group of bars for each row, a bar for each tool, on a logarithmic axis."""
import math
from xml.sax.saxutils import escape

from report import median

COLORS = ["#2b6cb0", "#c05621", "#6b46c1", "#b83280", "#2f855a"]
LABEL, WIDTH, BAR, GAP, TOP = 300, 620, 11, 9, 46


def text(x, y, words, anchor="start", weight="normal"):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-weight="%s">%s</text>' % (
        x, y, anchor, weight, escape(words))


def axis(low, high, bottom):
    """Lines at the powers of ten."""
    parts = []
    for power in range(low, high + 1):
        x = LABEL + WIDTH * (power - low) / (high - low)
        parts.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#ddd"/>' % (x, TOP - 6, x, bottom))
        parts.append(text(x, TOP - 10, "%g" % 10.0 ** power, "middle"))
    return parts


def bars(groups, tools):
    """groups: [(label, {tool: value})], the values of 0 and below left out.  The SVG's text."""
    values = [value for _, cells in groups for value in cells.values() if value > 0]
    if not values:
        return None
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    y, parts = TOP, []
    for label, cells in groups:
        parts.append(text(LABEL - 8, y + BAR * len(cells) / 2 + 4, label, "end"))
        for tool, value in cells.items():
            length = WIDTH * (math.log10(value) - low) / (high - low) if value > 0 else 0
            parts.append('<rect x="%d" y="%.1f" width="%.1f" height="%d" fill="%s"/>' % (
                LABEL, y, max(length, 1), BAR - 1, COLORS[tools.index(tool) % len(COLORS)]))
            parts.append(text(LABEL + length + 4, y + BAR - 2, "%.3g" % value))
            y += BAR
        y += GAP
    legend = [text(LABEL + i * 110 + 14, 16, tool, weight="bold") +
              '<rect x="%d" y="7" width="10" height="10" fill="%s"/>' % (LABEL + i * 110, COLORS[i % len(COLORS)])
              for i, tool in enumerate(tools)]
    return document(LABEL + WIDTH + 80, y, axis(low, high, y - GAP) + parts + legend)


def lines(series, across, up):
    """series: {name: [(x, y)]} from (0, 0): straight where y grows as x does.  The SVG's text."""
    points = [point for values in series.values() for point in values]
    most_x, most_y = max(x for x, _ in points), max(y for _, y in points)
    height, parts = 360, []
    for i, (name, values) in enumerate(series.items()):
        places = [(60 + WIDTH * x / most_x, TOP + height - height * y / most_y) for x, y in values]
        color = COLORS[i % len(COLORS)]
        parts.append('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' % (
            color, " ".join("%.1f,%.1f" % place for place in places)))
        parts.append('<g fill="%s">%s</g>' % (color, text(places[-1][0] + 4, places[-1][1] + 4, name)))
    frame = '<path d="M60 %d V%d H%d" fill="none" stroke="#888"/>' % (TOP, TOP + height, 60 + WIDTH)
    parts += [frame, text(60, TOP - 14, "%s, up to %.3g" % (up, most_y)),
              text(60 + WIDTH, TOP + height + 18, "%s, up to %.3g" % (across, most_x), "end")]
    return document(60 + WIDTH + 140, TOP + height + 30, parts)


def document(width, height, parts):
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
            'font-size="11">\n<rect width="100%%" height="100%%" fill="white"/>\n%s\n</svg>\n' % (
                width, height, "\n".join(parts)))


def of_report(report, row, tools):
    """The bars of one row of a report, or None."""
    groups = [(what, {tool: median(cells[tool]) for tool in tools if tool in cells})
              for (name, what), cells in report.rows.items() if name == row]
    return bars(groups, tools)
