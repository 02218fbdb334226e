"""An estimate as a text table."""

from collections.abc import Sequence

from ipt.estimate.item import Item, Prices


def table(items: Sequence[Item], prices: Prices | None = None) -> str:
    """One line an item, a total a stage and of all, then the sources; columns that nothing fills are left out."""
    prices = prices or Prices()
    stages = list(dict.fromkeys(item.stage for item in items))
    lines = [(item.stage, item.name, item.work, *_numbers([item], prices)) for item in items]
    for stage in stages:
        lines.append((stage, "total", "", *_numbers([item for item in items if item.stage == stage], prices)))
    lines.append(("all", "total", "", *_numbers(items, prices)))
    head = ("stage", "set or run", "work", "core-hours", "GPU-hours", "GB", f"price {prices.currency}".strip())
    used = [i for i in range(len(head)) if i < 3 or any(line[i] not in ("", "0.0", "0.00") for line in lines)]
    rows = [[line[i] for i in used] for line in [head, *lines]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(used))]
    right = [i >= 3 for i in used]
    text = [
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in rows
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    if any(item.assumed for item in items):
        text += ["", "~ rests on an assumption, not on a measured rate"]
    sources = dict.fromkeys(f"{item.stage}: {item.source}" for item in items if item.source)
    text += ["", "Rates:", *(f"  {source}" for source in sources)]
    if prices.source:
        listed = f"core-hour {prices.core_hour:g}, GPU-hour {prices.gpu_hour:g}, GB-month {prices.gb_month:g}"
        text.append(f"Prices ({prices.currency}; {prices.months:g} months): {listed}: {prices.source}")
    return "\n".join(text)


def _numbers(items: Sequence[Item], prices: Prices) -> tuple[str, str, str, str]:
    mark = "~" if any(item.assumed and item.gpu_hours for item in items) else ""
    return (
        _sum([item.core_hours for item in items]),
        mark + _sum([item.gpu_hours for item in items]),
        _sum([item.storage_gb for item in items]),
        (mark if prices.gpu_hour else "") + f"{sum(prices.of(item) for item in items):.2f}",
    )


def _sum(values: Sequence[float | None]) -> str:
    """The sum, with a `+` where a part is not measured; `not measured` where no part is."""
    known = [value for value in values if value is not None]
    if not known:
        return "not measured"
    total = sum(known)
    shown = f"{total:.1f}" if total >= 10 or total == 0 else f"{total:.3g}"
    return shown + ("+" if len(known) < len(values) else "")
