"""Figures: kept by row, tool and value; printed as a table, written as JSON."""
import statistics


def median(values):
    return statistics.median(values)


def noise(values):
    """Half the distance of the quartiles in per cent of the median."""
    if len(values) < 4 or not median(values):
        return None
    low, _, high = statistics.quantiles(values, n=4)
    return 50 * (high - low) / median(values)


class Report:
    """{(row, what): {tool: [values]}}, and what tools could not do."""

    def __init__(self):
        self.rows = {}
        self.skipped = {}

    def add(self, row, what, tool, value):
        self.rows.setdefault((row, what), {}).setdefault(tool, []).append(value)

    def skip(self, row, tool, why):
        self.skipped[row, tool] = why

    def text(self, tools):
        lines = ["%-36s" % "" + "".join("%24s" % tool for tool in tools)]
        for (row, what), cells in self.rows.items():
            base = median(cells["limit"]) if "limit" in cells else None
            line = "%-9s %-26s" % (row, what)
            for tool in tools:
                line += "%24s" % cell(cells.get(tool), base if tool != "limit" else None)
            lines.append(line)
        for (row, tool), why in self.skipped.items():
            lines.append("%s without %s: %s" % (row, tool, why))
        return "\n".join(lines)

    def json(self):
        figures = [{"row": row, "what": what, "tool": tool, "median": median(values), "noise": noise(values),
                    "values": values}
                   for (row, what), cells in self.rows.items() for tool, values in cells.items()]
        skipped = [{"row": row, "tool": tool, "why": why} for (row, tool), why in self.skipped.items()]
        return {"figures": figures, "skipped": skipped}


def cell(values, base):
    """ "1.23 (2.1x) ±5%": median, ratio to the limit, noise."""
    if not values:
        return "-"
    text = "%.4g" % median(values)
    if base and base > 0:
        text += " (%.2fx)" % (median(values) / base)
    if noise(values) is not None:
        text += " ±%.0f%%" % noise(values)
    return text
