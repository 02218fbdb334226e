"""Tiny models of random weights with the architectures of the hub baselines, saved as the hub stores them.

Everything real but the sizes and the values: configuration, weights, tokenizer, image processor, chat template.
"""

import json
from pathlib import Path
from typing import Any

WIDTH = 32
LETTERS = [chr(code) for code in range(32, 127)]


def tokenizer(special: dict[str, str], **named: str) -> Any:
    """A character tokenizer with the special tokens of the architecture, each also an attribute of its name."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "<unk>", "<s>", "</s>", *special.values(), *named.values(), "\n", *LETTERS]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(words))}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    raw.decoder = decoders.Fuse()
    raw.add_special_tokens(list(special.values()) + list(named.values()))
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        extra_special_tokens=special,
        **named,
    )


TEMPLATE = (
    "{%% for message in messages %%}{{ message['role'] }}: {%% for part in message['content'] %%}"
    "{%% if part['type'] == 'image' %%}%s{%% else %%}{{ part['text'] }}{%% endif %%}{%% endfor %%}\n{%% endfor %%}"
    "{%% if add_generation_prompt %%}assistant:{%% endif %%}"
)


def text_sizes(tokens: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokens),
        "hidden_size": WIDTH,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 4096,
        "bos_token_id": tokens.bos_token_id,
        "eos_token_id": tokens.eos_token_id,
        "pad_token_id": tokens.pad_token_id,
    }


def save(folder: Path, model: Any, tokens: Any, image: Any, template: str, **processor: int) -> None:
    """The files that a hub repository has. Weights are enlarged, so that what is shown changes what is said."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    model.save_pretrained(folder)
    tokens.save_pretrained(folder)
    image.save_pretrained(folder)
    (folder / "processor_config.json").write_text(json.dumps(processor))
    if template:
        (folder / "chat_template.jinja").write_text(template)


def qwen(folder: Path, version: str) -> None:
    import transformers as t

    special = {
        "vision_start_token": "<|vision_start|>",
        "vision_end_token": "<|vision_end|>",
        "image_token": "<|image_pad|>",
        "video_token": "<|video_pad|>",
    }
    tokens = tokenizer(special)
    patch = 14 if version == "2_5" else 16
    vision = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 64,
        "num_heads": 2,
        "patch_size": patch,
        "out_hidden_size": WIDTH,
    }
    ids = {f"{name}_id": tokens.convert_tokens_to_ids(token) for name, token in special.items()}
    text = text_sizes(tokens)
    if version == "2_5":
        text["rope_parameters"] = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}
        vision |= {"fullatt_block_indexes": [1], "window_size": 56}
        config: Any = t.Qwen2_5_VLConfig(text_config=text, vision_config=vision, **ids)
        model: Any = t.Qwen2_5_VLForConditionalGeneration(config)
    else:
        text |= {
            "head_dim": 16,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e4,
                "mrope_section": [2, 3, 3],
                "mrope_interleaved": True,
            },
        }
        vision |= {"num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1]}
        config = t.Qwen3VLConfig(text_config=text, vision_config=vision, **ids)
        model = t.Qwen3VLForConditionalGeneration(config)
    sizes = {"patch_size": patch, "merge_size": 2, "temporal_patch_size": 2}
    image = t.Qwen2VLImageProcessorPil(
        **sizes, size={"shortest_edge": 4 * patch * patch, "longest_edge": 64 * patch * patch}
    )
    template = TEMPLATE % "<|vision_start|><|image_pad|><|vision_end|>"
    save(folder, model, tokens, image, template)


def internvl(folder: Path) -> None:
    import transformers as t

    named = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    tokens = tokenizer(named)
    vision = {
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "image_size": 56,
        "patch_size": 14,
    }
    text = text_sizes(tokens) | {"model_type": "qwen3", "head_dim": 16}
    config = t.InternVLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=tokens.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    image = t.GotOcr2ImageProcessorPil(size={"height": 56, "width": 56}, crop_to_patches=False)
    template = TEMPLATE % "<IMG_CONTEXT>\n"
    save(folder, t.InternVLForConditionalGeneration(config), tokens, image, template, image_seq_length=4)


def janus(folder: Path) -> None:
    import transformers as t

    named = {
        "image_token": "<image_placeholder>",
        "boi_token": "<begin_of_image>",
        "eoi_token": "<end_of_image>",
    }
    tokens = tokenizer(named)
    vision = {
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 16,
        "projection_dim": WIDTH,
        "num_image_tokens": 4,
    }
    codes = {
        "embed_dim": 4,
        "num_embeddings": 16,
        "latent_channels": 32,
        "base_channels": 32,
        "channel_multiplier": [1, 1],
        "num_res_blocks": 1,
        "projection_dim": WIDTH,
        "image_token_embed_dim": WIDTH,
    }
    config = t.JanusConfig(
        text_config=text_sizes(tokens) | {"model_type": "llama"},
        vision_config=vision,
        vq_config=codes,
        image_token_id=tokens.convert_tokens_to_ids("<image_placeholder>"),
    )
    image = t.JanusImageProcessorPil(size={"height": 32, "width": 32})
    template = TEMPLATE % "<image_placeholder>\n"
    save(folder, t.JanusForConditionalGeneration(config), tokens, image, template, num_image_tokens=4)


def chameleon(folder: Path) -> None:
    import transformers as t

    codes = {
        f"code{index}": "IMGIMG" + "".join("ABCDEFGHIJ"[int(digit)] for digit in str(index)) + "Z"
        for index in range(16)
    }
    tokens = tokenizer(
        {"image_token": "<image>", "boi_token": "<racm3:break>", "eoi_token": "<eoss>"} | codes,
        sep_token="<reserved08706>",
    )
    config = t.ChameleonConfig(
        **text_sizes(tokens),
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 16,
            "latent_channels": 32,
            "base_channels": 32,
            "channel_multiplier": [1, 1],
            "num_res_blocks": 1,
            "resolution": 8,
        },
        vocabulary_map=tokens.get_vocab(),
    )
    image = t.ChameleonImageProcessorPil(size={"shortest_edge": 8}, crop_size={"height": 8, "width": 8})
    save(folder, t.ChameleonForConditionalGeneration(config), tokens, image, "", image_seq_length=16)


MAKERS: dict[str, Any] = {
    "internvl3.5-8b": internvl,
    "qwen2.5-vl-3b": lambda folder: qwen(folder, "2_5"),
    "qwen2.5-vl-7b": lambda folder: qwen(folder, "2_5"),
    "qwen3-vl-8b": lambda folder: qwen(folder, "3"),
    "janus-pro-7b": janus,
    "chameleon-7b": chameleon,
}


def make(model_id: str, folder: Path) -> Path:
    """A tiny model of the architecture of a hub baseline, in `folder`; the same weights every time."""
    import torch

    torch.manual_seed(0)
    MAKERS[model_id](folder)
    return folder
