"""Regime `faithful`: the images of a pack are zero-padded to the largest of them and encoded by the VAE together.

So an image's latents depend on its company, and nothing can be kept from one pack to the next: as in the official code,
the VAE runs at every step. Source: notes/bagel.md, "Where upstream is weak", 5.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ipt.errors import UserError
from ipt.models.bagel.images import Pixels, unit_range
from ipt.models.bagel.items import Item, LatentImage, Sample, VaeItem
from ipt.models.bagel.prepare import images_at_once
from ipt.models.bagel.vae import Vae


class PackCanvas:
    """Encodes the images of a pack on the canvas that they share.

    Args:
        vae: of the model.
        patch: latent pixels a side of a token.
    """

    def __init__(self, vae: Vae, patch: int) -> None:
        self.vae, self.patch = vae, patch

    def __call__(self, samples: Sequence[Sample]) -> list[Sample]:
        """The same samples, each image that is smaller than the canvas as it is encoded in the canvas's corner.

        The canvas has the largest height and the largest width of the pack. An image that fills it keeps the posterior
        that it was prepared with.
        """
        images = {
            id(item.image): item.image for sample in samples for item in sample.items if isinstance(item, VaeItem)
        }
        if not images:
            return list(samples)
        sizes = [_pixels(image).shape[:2] for image in images.values()]
        canvas = max(height for height, _ in sizes), max(width for _, width in sizes)
        small = [image for image in images.values() if _pixels(image).shape[:2] != canvas]
        count = images_at_once(canvas[0] * canvas[1])
        new: dict[int, LatentImage] = {}
        for first in range(0, len(small), count):
            part = small[first : first + count]
            new |= {id(image): one for image, one in zip(part, self._encoded(part, canvas), strict=True)}

        def placed(item: Item) -> Item:
            if isinstance(item, VaeItem) and id(item.image) in new:
                return replace(item, image=new[id(item.image)])
            return item

        return [Sample(sample.sample_id, tuple(placed(item) for item in sample.items)) for sample in samples]

    @torch.no_grad()
    def _encoded(self, images: Sequence[LatentImage], canvas: tuple[int, int]) -> list[LatentImage]:
        padded = torch.zeros(len(images), 3, *canvas)
        for place, image in enumerate(images):
            own = _channels_first(image)
            padded[place, :, : own.shape[1], : own.shape[2]] = own
        found = []
        for image, whole in zip(images, self.vae.latent_images(padded, self.patch), strict=True):
            rows = torch.arange(image.rows)[:, None] * whole.columns
            corner = (rows + torch.arange(image.columns)).reshape(-1).numpy()
            found.append(replace(image, mean=whole.mean[corner], deviation=whole.deviation[corner]))
        return found


def _pixels(image: LatentImage) -> Pixels:
    if image.pixels is None:
        raise UserError("regime faithful: the prepared samples hold no pixels; delete the run's checkpoints folder")
    return image.pixels


def _channels_first(image: LatentImage) -> Tensor:
    return unit_range(torch.from_numpy(_pixels(image).copy())).permute(2, 0, 1)
