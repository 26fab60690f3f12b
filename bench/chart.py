"""The picture: a row a scenario, a column a metric, a bar a builder, drawn as SVG."""

from xml.sax.saxutils import escape

from report import METRICS, Metric, times

COLOURS = {"cooperage": "#b5651d", "buildah": "#8a99a8"}
INK, PALE, PAPER = "#2b2b2b", "#6b6b6b", "#fffdf8"
MARGIN, LABELS, CELL, BAR, GAP = 28, 204, 218, 16, 5
HEAD, FOOT = 92, 30
VALUE_SPACE = 100  # for figure and ratio behind the longest bar


def draw(entries: list[dict], caption: str) -> str:
    builders = list(dict.fromkeys(builder for entry in entries for builder in entry["medians"]))
    row = len(builders) * (BAR + GAP) + 26
    width, height = 2 * MARGIN + LABELS + len(METRICS) * CELL, HEAD + len(entries) * row + FOOT
    shapes = [f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
              _text(MARGIN, 32, "One image, built and pushed", 18, weight="bold")]
    x = MARGIN
    for builder in builders:
        shapes += [f'<rect x="{x}" y="46" width="11" height="11" fill="{COLOURS[builder]}"/>', _text(x + 17, 56, builder, 12)]
        x += 110
    for column, metric in enumerate(METRICS):
        shapes.append(_text(MARGIN + LABELS + column * CELL, 80, f"{metric.title}, {metric.unit}", 12, PALE))
    for number, entry in enumerate(entries):
        y = HEAD + number * row
        shapes.append(f'<line x1="{MARGIN}" y1="{y}" x2="{width - MARGIN}" y2="{y}" stroke="#e4ded2"/>')
        shapes.append(_text(MARGIN, y + 13 + BAR, entry["title"], 13, weight="bold"))
        for column, metric in enumerate(METRICS):
            shapes += _cell(entry, metric, MARGIN + LABELS + column * CELL, y + 13)
    shapes.append(_text(MARGIN, height - 12, f"{caption} · each cell has its own scale; × is buildah divided by cooperage", 10, PALE))
    body = "\n".join(shapes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="DejaVu Sans, Verdana, sans-serif">\n{body}\n</svg>\n')


def _cell(entry: dict, metric: Metric, x: int, y: int) -> list[str]:
    values = {builder: medians[metric.key] for builder, medians in entry["medians"].items()}
    most = max(values.values()) or 1
    ratio = entry.get("ratios", {}).get(metric.key)
    shapes = []
    for builder, value in values.items():
        length = max(1.0, (CELL - VALUE_SPACE) * value / most)
        shapes.append(f'<rect x="{x}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[builder]}"/>')
        label = metric.text(value)
        shapes.append(_text(x + length + 6, y + BAR - 4, label, 11))
        if builder == "cooperage" and ratio is not None:
            shapes.append(_text(x + length + 14 + 7 * len(label), y + BAR - 4, times(ratio), 11, COLOURS[builder], "bold"))
        y += BAR + GAP
    return shapes


def _text(x: float, y: float, text: str, size: int, colour: str = INK, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}">{escape(text)}</text>'
