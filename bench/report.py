"""Medians and ratios: the table for the terminal and the value that is written as JSON."""

import statistics
from dataclasses import dataclass

from scenarios import SCENARIOS


def figure(value: float) -> str:
    """About three digits, whatever the size."""
    decimals = 3 if value < 0.1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{decimals}f}"


def times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{figure(ratio)}×"


@dataclass(frozen=True)
class Metric:
    key: str
    title: str
    unit: str
    scale: float

    def text(self, value: float) -> str:
        return figure(value / self.scale)


METRICS = [
    Metric("wall_seconds", "wall", "s", 1),
    Metric("cpu_seconds", "CPU", "s", 1),
    Metric("peak_bytes", "peak memory", "MB", 1e6),
    Metric("pushed_bytes", "pushed", "MB", 1e6),
]


def summary(records: list[dict]) -> list[dict]:
    """One entry a scenario: each builder's medians, and how many times the peer needs what Cooperage needs."""
    entries = []
    for scenario in SCENARIOS:
        medians = {}
        for builder in dict.fromkeys(record["builder"] for record in records):
            own = [record for record in records if (record["builder"], record["scenario"]) == (builder, scenario.name)]
            if own:
                medians[builder] = {metric.key: statistics.median(record[metric.key] for record in own) for metric in METRICS}
        if not medians:
            continue
        entry = {"scenario": scenario.name, "title": scenario.title, "aim": scenario.aim, "medians": medians}
        if {"cooperage", "buildah"} <= medians.keys():
            entry["ratios"] = {metric.key: ratio(medians["buildah"][metric.key], medians["cooperage"][metric.key])
                               for metric in METRICS}
        entries.append(entry)
    return entries


def ratio(peer: float, own: float) -> float | None:
    return peer / own if own else None


def table(entries: list[dict]) -> str:
    rows = [["scenario", "builder"] + [f"{metric.title} {metric.unit}" for metric in METRICS] + ["aim"]]
    for entry in entries:
        title = entry["title"]
        for builder, medians in entry["medians"].items():
            rows.append([title, builder] + [metric.text(medians[metric.key]) for metric in METRICS] + [""])
            title = ""
        if "ratios" in entry:
            ratios = [entry["ratios"][metric.key] for metric in METRICS]
            rows.append(["", "ratio"] + [times(value) for value in ratios] + [f"{entry['aim']}×"])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                       for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join(lines)
