"""The words that mean the same thing everywhere: tasks, modes, splits, and the two protocol prompts.

Sources: paper sections 2, 3 and 5; the prompts are protocol constants, byte for byte as released (checkpoints depend on
them).
"""

from typing import Literal, get_args

Task = Literal["pet", "pt", "mvc"]
TASKS: tuple[Task, ...] = get_args(Task)
TASK_TITLES: dict[str, str] = {"pet": "Perspective Taking", "pt": "Path Tracing", "mvc": "Multiview Counting"}

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

Environment = Literal["primary", "different"]
"""`primary`: where models are trained (the paper: AI2-THOR). `different`: evaluated only (Habitat, real images)."""
ENVIRONMENTS: tuple[Environment, ...] = get_args(Environment)

Supervision = Literal["base", "label_only", "text_cot", "ipt", "mixed"]
SUPERVISIONS: tuple[Supervision, ...] = get_args(Supervision)
TRAINED_SUPERVISIONS: tuple[Supervision, ...] = ("label_only", "text_cot", "ipt", "mixed")

Inference = Literal["answer_only", "with_thought", "oracle_thought"]
INFERENCES: tuple[Inference, ...] = get_args(Inference)

LATENT_SIZES = (4, 16, 32, 64)
"""Latent-N of the paper: the imagined image at 64/256/512/1024 px. A small scale keeps the proportion to Latent-64."""

PET_CATEGORIES = ("closer", "further", "left_to_left", "left_to_right", "right_to_left", "right_to_right")
PT_CATEGORIES = ("left", "right")
MVC_CATEGORIES = ("rotation", "multi_camera")
CATEGORIES: dict[str, tuple[str, ...]] = {"pet": PET_CATEGORIES, "pt": PT_CATEGORIES, "mvc": MVC_CATEGORIES}

INPUT_SETTINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "pet": {"marked": ("marked",)},
    "pt": {"ego_dir": ("map_path", "ego_1", "ego_2"), "path": ("map_path",), "path_arrow": ("map_arrow",)},
    "mvc": {"frames": ("frame_0", "frame_1", "frame_2", "frame_3")},
}
"""Which stored images (by role, in order) each input setting that is evaluated shows."""

PtVariant = Literal[
    "ego_dir", "path", "path_arrow", "path_arrow_ego", "midpoint", "midpoint_ego", "dollhouse", "dollhouse_ego"
]
_EGO = ("ego_1", "ego_2")
PT_VARIANTS: dict[PtVariant, tuple[str, ...]] = {
    "ego_dir": ("map_path", *_EGO),
    "path": ("map_path",),
    "path_arrow": ("map_arrow",),
    "path_arrow_ego": ("map_arrow", *_EGO),
    "midpoint": ("map_midpoint",),
    "midpoint_ego": ("map_midpoint", *_EGO),
    "dollhouse": ("map_dollhouse",),
    "dollhouse_ego": ("map_dollhouse", *_EGO),
}
"""The eight input variants of a pt question (paper 2.2): four pictures of the path, each with or without the endpoint
views. The first three are evaluated; all that a set holds are trained and exported."""

INPUT_VARIANTS: dict[str, dict[str, tuple[str, ...]]] = {
    **INPUT_SETTINGS,
    "pt": {str(name): roles for name, roles in PT_VARIANTS.items()},
}
"""Every way in which the images of a question can be shown: the evaluated settings, and the other variants of pt."""

DIFFERENT_SETTINGS: dict[str, tuple[str, ...]] = {"pet": ("marked",), "pt": ("path", "path_arrow")}
"""Input settings that exist in the different environment (paper 2.2: real pt has no endpoint views; mvc has none)."""

SPATIAL_CHOICES = {"pet": 2, "pt": 4, "mvc": 4}

THINK_PROMPT = (
    "\nLet's think step by step to answer the question. For text-based thinking, enclose the process within <think>"
    " </think>, e.g. <think> thinking process here </think>. For visual thinking, enclose the content within"
    " <image_start> </image_end>, e.g. <image_start> thinking image here </image_end>. Finally conclude with the final"
    " answer wrapped in <answer></answer> tags, i.e.<answer> answer here </answer>.\n"
)
ANSWER_ONLY_PROMPT = (
    "\nAnswer the question directly. Wrap your answer in <answer></answer> tags, i.e. <answer> answer here </answer>."
    " Do not think or generate any images.\n"
)
ANSWER_ONLY_PROMPT_PT = (
    "\nAnswer the question. Conclude with the final answer wrapped in <answer></answer> tags, i.e.<answer> answer here"
    " </answer>.\n"
)


def answer_only_prompt(task: str) -> str:
    """The answer-only system prompt of `task` (pt has its own wording)."""
    return ANSWER_ONLY_PROMPT_PT if task == "pt" else ANSWER_ONLY_PROMPT
