"""What one sees through a window: sky with clouds, far hills, trees and a meadow, by direction alone."""

from typing import Any

from ipt.scenes.embedded.kernels import helper
from ipt.scenes.embedded.materials import smooth_noise


@helper
def outdoors(x: float, y: float, z: float, color: Any) -> None:
    """Write to `color` [3] the display colour of direction (x, y, z), a unit vector, seen from a window."""
    # an angle around the vertical without trigonometry: 0..4 once around
    around = y / (abs(x) + abs(y) + 1e-9)
    if x < 0.0:
        around = 2.0 - around
    around += 1.0
    hills = 0.03 + 0.10 * smooth_noise(around * 4.0, 0.5, 21) + 0.02 * smooth_noise(around * 19.0, 0.5, 22)
    trees = -0.02 + 0.13 * smooth_noise(around * 11.0, 0.5, 23) + 0.05 * smooth_noise(around * 60.0, 0.5, 24) - 0.05
    if z < trees and z > -0.06:
        tone = 0.75 + 0.4 * smooth_noise(around * 90.0, z * 60.0, 25)
        color[0], color[1], color[2] = 0.25 * tone, 0.42 * tone, 0.22 * tone
        return
    if z < 0.0:
        far = min(60.0, 4.0 / max(0.01, -z))
        tone = 0.88 + 0.24 * smooth_noise(x * far * 1.5, y * far * 1.5, 26)
        haze = min(1.0, far / 60.0) * 0.6
        color[0] = 0.45 * tone * (1.0 - haze) + 0.62 * haze
        color[1] = 0.60 * tone * (1.0 - haze) + 0.72 * haze
        color[2] = 0.30 * tone * (1.0 - haze) + 0.60 * haze
        return
    if z < hills:
        color[0], color[1], color[2] = 0.48, 0.62, 0.56
        return
    rise = min(1.0, z * 1.6)
    cloud = 0.0
    if z > 0.03:
        u, v = x / (z + 0.25) * 1.4, y / (z + 0.25) * 1.4
        cover = 0.6 * smooth_noise(u, v, 27) + 0.3 * smooth_noise(u * 2.6, v * 2.6, 28)
        cover += 0.1 * smooth_noise(u * 7.0, v * 7.0, 29)
        cloud = min(1.0, max(0.0, (cover - 0.45) * 4.0))
    color[0] = (0.82 - 0.36 * rise) * (1.0 - cloud) + 0.97 * cloud
    color[1] = (0.90 - 0.22 * rise) * (1.0 - cloud) + 0.97 * cloud
    color[2] = 0.97 * (1.0 - cloud) + 0.98 * cloud
