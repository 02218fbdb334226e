"""Opening a hub model's processor without its part for videos.

That part needs torchvision, whose builds must match torch's to the build (the CPU torch with the usual torchvision
cannot even be imported), for nothing that is asked here. Images go through the processor's PIL side on every machine,
so the pixels are the same everywhere.
"""

from collections.abc import Callable
from typing import Any

VIDEOS = "video_processor"


def open_processor(place: str, **where: Any) -> Any:
    """What `transformers.AutoProcessor` opens, with nothing where videos would be handled.

    Args:
        place: hub repository or folder.
        where: e.g. the revision.
    """
    from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING

    config = AutoConfig.from_pretrained(place, **where)
    kind = PROCESSOR_MAPPING[type(config)]
    values, _ = kind.get_processor_dict(place, **where)
    parts: dict[str, Callable[[], Any]] = {
        "image_processor": lambda: AutoImageProcessor.from_pretrained(place, backend="pil", **where),
        "tokenizer": lambda: AutoTokenizer.from_pretrained(place, **where),
        VIDEOS: lambda: None,
    }
    return _without_videos(kind).from_args_and_dict([parts[name]() for name in kind.get_attributes()], values)


def _without_videos(kind: Any) -> Any:
    """The same processor, content with nothing in the place of the video part."""

    class ImagesAndText(kind):  # type: ignore[misc]
        """Never given a video."""

        def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
            if argument_name == VIDEOS:
                return type(None)
            return super().check_argument_for_proper_class(argument_name, argument)

    return ImagesAndText
