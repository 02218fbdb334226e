"""The tokenizer of released weights: checked against the ids that the weights were trained with."""

from pathlib import Path

from ipt.config import Config
from ipt.datasets.files import atomic_path, file_digest, write_manifest
from ipt.datasets.tokenizer import SPECIAL_TOKENS, Tokenizer, load_tokenizer
from ipt.errors import UserError


def check_tokenizer(tokenizer: Tokenizer, config: Config, source: Path) -> None:
    """Raise unless the ids fit the model.

    Raises:
        UserError: more ids than `model.llm.vocabulary`, or a special token has another id than `weights.special_ids`.
    """
    if tokenizer.size > config.model.llm.vocabulary:
        raise UserError(
            f"{source}: {tokenizer.size} ids, but model.llm.vocabulary is {config.model.llm.vocabulary}; give the"
            " tokenizer that belongs to the weights"
        )
    found = (tokenizer.im_start, tokenizer.im_end, tokenizer.vision_start, tokenizer.vision_end)
    for token, own, expected in zip(SPECIAL_TOKENS, found, config.weights.special_ids, strict=True):
        if own != expected:
            raise UserError(
                f"{source}: token {token} is id {own}, weights.special_ids says {expected}; give the tokenizer that"
                " belongs to the weights"
            )


def check_same_tokenizer(folder: Path, tokenizer: Path) -> None:
    """Raise if a checkpoint brings a tokenizer and it is not the one at `tokenizer`; many fine-tuned ones bring none.

    Raises:
        UserError: it is another one, or damaged.
    """
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        return
    theirs, ours = load_tokenizer(folder), load_tokenizer(tokenizer)
    if theirs.vocabulary() != ours.vocabulary():
        raise UserError(f"{folder}: its tokenizer is not that of {tokenizer}; it has another base")


def install_tokenizer(folder: Path, config: Config, output: Path) -> str:
    """Write the checked tokenizer of a released checkpoint to `output`; returns its sha256.

    Raises:
        UserError: missing, damaged, or of another model.
    """
    tokenizer = load_tokenizer(folder)
    check_tokenizer(tokenizer, config, folder)
    with atomic_path(output) as temporary:
        tokenizer.save(temporary)
    write_manifest(output, rows=tokenizer.size, command="convert-weights", config_digest="")
    return file_digest(output)
