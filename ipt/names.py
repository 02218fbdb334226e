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

Inference = Literal["answer_only", "with_thought", "oracle_thought", "generate"]
INFERENCES: tuple[Inference, ...] = ("answer_only", "with_thought", "oracle_thought")
"""Modes of our own models; `generate` is how outside models are asked: the bare question, no system prompt."""
ALL_INFERENCES: tuple[Inference, ...] = get_args(Inference)

HubBaseline = Literal["internvl3.5-8b", "qwen2.5-vl-3b", "qwen2.5-vl-7b", "qwen3-vl-8b", "janus-pro-7b", "chameleon-7b"]
ApiBaseline = Literal["gpt-5", "gpt-5.2", "gemini-2.5-flash", "gemini-3-flash"]
HUB_BASELINES: tuple[HubBaseline, ...] = get_args(HubBaseline)
API_BASELINES: tuple[ApiBaseline, ...] = get_args(ApiBaseline)
BASELINE_TITLES: dict[str, str] = {
    "internvl3.5-8b": "InternVL3.5-8B",
    "qwen2.5-vl-3b": "Qwen2.5-VL-3B",
    "qwen2.5-vl-7b": "Qwen2.5-VL-7B",
    "qwen3-vl-8b": "Qwen3-VL-8B",
    "janus-pro-7b": "Janus-Pro-7B",
    "chameleon-7b": "Chameleon-7B",
    "gpt-5": "GPT-5",
    "gpt-5.2": "GPT-5.2",
    "gemini-2.5-flash": "Gemini 2.5 Flash",
    "gemini-3-flash": "Gemini 3 Flash",
}
"""Models that others trained (paper table main_results and discrete_ipt), as the paper's tables call them."""

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
