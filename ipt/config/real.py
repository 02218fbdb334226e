"""Conditions of the sets made of real pictures (paper 2.2, 2.3); defaults are the paper's values where it has one."""

from pydantic import Field, model_validator

from ipt.config.section import Fraction, Positive, Section


class RealPtConfig(Section):
    """Path tracing on top-down pictures of real rooms (Matterport3D screenshots)."""

    path_share_min: Fraction = Field(0.3, description="least length of a path, of the picture's shorter side")
    middle_range: tuple[Fraction, Fraction] = Field(
        (0.2, 0.8), description="where M1 may be on the path from 1 to 2, after it was moved onto it"
    )
    dark_share_max: Fraction = Field(0.2, description="largest share of dark pixels along the path (holes of the scan)")
    dark_level: Fraction = Field(0.15, description="luminance below which a pixel is dark, of white (ours)")
    objects_per_side: tuple[Positive, Positive] = Field((2, 5), description="fewest and most objects named a side")
    verified_per_side_min: Positive = Field(2, description="fewest objects a side that the judge confirms")
    judge: str = Field(
        "",
        description="vision model under `endpoints` that checks the map (waypoints walkable, objects visible, sides"
        " right); empty: it is not asked, and the report says so",
    )
    map_mark: tuple[Fraction, Fraction] = Field(
        (0.018, 0.04),
        description="least and most radius of a waypoint's disc, share of the picture's longer side (ours)",
    )

    @model_validator(mode="after")
    def _ordered(self) -> "RealPtConfig":
        for name in ("middle_range", "objects_per_side", "map_mark"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} is ({low:g}, {high:g}): the first is larger than the second")
        return self


class MessyTableConfig(Section):
    """Multiview counting on MessyTable: eight cameras around a table, one above it."""

    overhead: str = Field("1", description="number of the camera above the table, as the labels call it")
    around: tuple[str, ...] = Field(
        ("2", "3", "4", "5", "6", "7", "8", "9"), min_length=2, description="the cameras around it, in order"
    )
    repeated_share: Fraction = Field(0.9, description="questions about a category with two or more, where there is one")
    views: tuple[Positive, Positive] = Field((2, 7), description="fewest and most views shown (as released)")
    crop_margin: Fraction = Field(0.05, description="around the union of all boxes, of the picture's width (ours)")
    questions_per_scene: Positive = Field(1, description="most questions from one scene (ours)")


class ScanNetConfig(Section):
    """Multiview counting on ScanNet++: photographs of a room, and its labelled reconstruction from above."""

    views: tuple[Positive, Positive] = Field((5, 8), description="fewest and most photographs shown")
    yaw_apart_min: float = Field(30.0, ge=0, description="degrees between the directions of any two of them (ours)")
    seen_points_min: Positive = Field(20, description="points of an object that a photograph must show (ours)")
    map_size: Positive = Field(1024, description="px of the map")
    ceiling_cut: float = Field(0.4, ge=0, description="metres below the highest point that the map leaves out (ours)")
    count_max: Positive = Field(8, description="largest count that is asked for (ours)")
    structure: tuple[str, ...] = Field(
        ("wall", "floor", "ceiling", "door", "doorframe", "door frame", "window", "windowframe", "window frame"),
        description="labels that no question asks about",
    )
    blind_check: bool = Field(
        True, description="keep only categories whose count, as a vision model sees it, is the true one"
    )
    judge: str = Field("", description="vision model under `endpoints` that counts for the blind check")


class RealConfig(Section):
    """Sets made of the user's own copies of real data, by `ipt gather`."""

    pt: RealPtConfig = RealPtConfig()
    messytable: MessyTableConfig = MessyTableConfig()
    scannet: ScanNetConfig = ScanNetConfig()
