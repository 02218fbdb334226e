"""One line of an estimate, and what its resources cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One piece of work. A resource that it does not use is 0; one that nobody has measured is None."""

    stage: str
    """As the stages of the workflow: `render`, `curate`, `train`, `evaluate`."""
    name: str
    work: str
    """How much there is to do, in words and numbers: `20,531 questions of 20,580 candidates`."""
    core_hours: float | None = 0.0
    gpu_hours: float | None = 0.0
    storage_gb: float | None = 0.0
    """Gigabytes (1e9 bytes) that stay on disk."""
    source: str = ""
    """Where the rates come from: a benchmark with machine and date, or a published figure."""
    assumed: bool = False
    """The GPU-hours rest on an assumption, not on a measured rate."""


@dataclass(frozen=True)
class Prices:
    """Money a resource, in one currency; 0 leaves it out."""

    core_hour: float = 0.0
    gpu_hour: float = 0.0
    gb_month: float = 0.0
    months: float = 1.0
    currency: str = ""
    source: str = ""
    """Printed below the table."""

    def of(self, item: Item) -> float:
        """Price of an item; what nobody has measured costs nothing here and is named in the table."""
        used = (item.core_hours or 0.0) * self.core_hour + (item.gpu_hours or 0.0) * self.gpu_hour
        return used + (item.storage_gb or 0.0) * self.gb_month * self.months
