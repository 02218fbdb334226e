"""What work costs, and what is assumed about GPUs until their rates are measured: for `ipt estimate` alone."""

from typing import Literal

from pydantic import Field

from ipt.config.section import Positive, Section


class PricesConfig(Section):
    """A price list. The defaults are list prices of rented machines; put in your site's, and say whose they are."""

    currency: str = Field("USD", min_length=1, max_length=8)
    core_hour: float = Field(0.045, ge=0, allow_inf_nan=False, description="a CPU core for an hour")
    gpu_hour: float = Field(2.0, ge=0, allow_inf_nan=False, description="a GPU (`assumed.gpu`) for an hour")
    gb_month: float = Field(0.023, ge=0, allow_inf_nan=False, description="a gigabyte on disk for a month")
    months: float = Field(1.0, ge=0, allow_inf_nan=False, description="how long results are kept")
    source: str = Field(
        "list prices on demand: GPU the middle of 1.49 to 2.49 for an A100 80 GB (comparison sites, early 2026), core"
        " half of a two-core instance at 0.09 and S3 Standard (AWS, us-east-1)",
        description="where the prices are from, printed beside them",
    )


class AssumedConfig(Section):
    """Stands for the rates of training and evaluation, which nobody has measured; marked so wherever it counts."""

    gpu: Literal["A100", "H100", "H200", "B200"] = Field("A100", description="the paper's; its peak is the maker's")
    utilization: float = Field(
        0.179, gt=0, le=1, description="share of the dense bf16 peak that the model's own operations get (MFU)"
    )
    source: str = Field(
        "17.9 % MFU is published for the official BAGEL code on 32 H100 (10.17 s a step); assumed for this GPU too",
        description="where the utilization is from, printed beside it",
    )
    text_tokens: Positive = Field(260, description="of a text chain of thought (the paper's have 100 to 300 words)")
