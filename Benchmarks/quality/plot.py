"""A plot as SVG, without a library."""

COLOURS = ["#1f6feb", "#d1660f", "#1a7f4b", "#8250df"]


def reliability(tables, width=560, height=440):
    """Stated confidence across, agreement up, a series a table, with 95% intervals; at or above the diagonal is honest."""
    left, right, top, bottom = 64, 24, 24, 56
    x = lambda v: left + (v - 0.5) / 0.5 * (width - left - right)
    y = lambda v: height - bottom - (max(0.4, v) - 0.4) / 0.6 * (height - top - bottom)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="white"/>']
    for tick in range(5, 11):
        v = tick / 10
        parts.append(f'<path d="M{x(v):.1f} {top}V{height - bottom}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{x(v):.1f}" y="{height - bottom + 20}" text-anchor="middle">{v:.1f}</text>')
    for tick in range(4, 11):
        v = tick / 10
        parts.append(f'<path d="M{left} {y(v):.1f}H{width - right}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{left - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{v:.1f}</text>')
    parts.append(f'<path d="M{x(0.5):.1f} {y(0.5):.1f}L{x(1):.1f} {y(1):.1f}" stroke="#888" stroke-dasharray="5 4"/>')
    for number, (name, rows) in enumerate(tables.items()):
        colour, shift = COLOURS[number % len(COLOURS)], (number - (len(tables) - 1) / 2) * 5
        points = [(x(r["stated"]) + shift, y(r["agreed"]), y(r["interval"][0]), y(r["interval"][1])) for r in rows]
        for px, py, low, high in points:
            parts.append(f'<path d="M{px:.1f} {low:.1f}V{high:.1f}" stroke="{colour}" stroke-width="1.5" opacity="0.6"/>')
            parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{colour}"/>')
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py, _, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{width - right - 110}" y="{height - bottom - 16 - 20 * number}" fill="{colour}">● {name}</text>')
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 12}" text-anchor="middle">stated confidence of one model</text>')
    parts.append(
        f'<text transform="translate(18 {(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">'
        "share of leads on which another model agrees</text>")
    return "\n".join(parts + ["</svg>"]) + "\n"
