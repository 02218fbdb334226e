"""Released weights: which repositories, at which revision, with which tokenizer. The one place that names them."""

from typing import Literal

from pydantic import Field

from ipt.config.section import Section

CheckpointName = Literal["bagel", "ipt_mvc_mixed"]


class CheckpointConfig(Section):
    """One released checkpoint in the official format: weights, autoencoder and tokenizer."""

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="owner/name on the hub")
    revision: str | None = Field(
        None, pattern=r"^[0-9a-f]{40}$", description="commit hash; without one nothing is fetched"
    )
    files: tuple[str, ...] = Field(
        ("*.safetensors", "*.safetensors.index.json", "*config.json", "tokenizer.json", "vocab.json", "merges.txt"),
        description="patterns of the files that are fetched",
    )
    license: str = ""


class WeightsConfig(Section):
    """Weights from the hub (scales with model.source: hub).

    BAGEL's revision is the one that public code names in its cache paths; its digests are checked against what the hub
    states for that commit. The paper's checkpoint has been seen under no revision that could be pinned here: set one.
    """

    bagel: CheckpointConfig = CheckpointConfig(
        repository="ByteDance-Seed/BAGEL-7B-MoT",
        revision="5019f57d168e5816e8f3f701b17cc816bb7cf24b",
        license="Apache-2.0",
    )
    ipt_mvc_mixed: CheckpointConfig = CheckpointConfig(repository="weikaih/imaginative-perception-token-mvc-mixed")
    special_ids: tuple[int, int, int, int] = Field(
        (151644, 151645, 151652, 151653),
        description="ids of im_start, im_end, vision_start, vision_end that the released weights were trained with",
    )
    directory: str = Field("cache/weights", description="downloads, by checkpoint and revision; shared by all scales")

    def checkpoint(self, name: CheckpointName) -> CheckpointConfig:
        """The checkpoint called `name`."""
        return self.ipt_mvc_mixed if name == "ipt_mvc_mixed" else self.bagel
