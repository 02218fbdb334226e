"""Account, partitions and GPU type come from the environment or a file, and from nowhere else."""

from pathlib import Path

import pytest

from ipt.cluster.site import Site, load_site
from ipt.errors import UserError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "no-such-home"))
    for name in ("IPT_SITE", *(f"IPT_SLURM_{field.upper()}" for field in Site.model_fields)):
        monkeypatch.delenv(name, raising=False)


def test_without_anything_the_defaults_of_the_cluster_hold() -> None:
    site = load_site()
    assert (site.account, site.partition, site.gpu_partition, site.gpu_type) == ("", "", "", "")


def test_the_file_at_the_root_is_read() -> None:
    Path("site.yaml").write_text("account: ab12\ngpu_type: h100\n", encoding="utf-8")
    assert (load_site().account, load_site().gpu_type) == ("ab12", "h100")


def test_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("elsewhere.yaml").write_text("partition: long\ngpu_partition: gpu\n", encoding="utf-8")
    monkeypatch.setenv("IPT_SITE", "elsewhere.yaml")
    monkeypatch.setenv("IPT_SLURM_PARTITION", "short")
    assert (load_site().partition, load_site().gpu_partition) == ("short", "gpu")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("acount: ab12\n", "acount"),
        ("account: [1, 2]\n", "account"),
        ("poll_seconds: 0\n", "poll_seconds"),
        ("partition: 'gpu; rm -rf x'\n", "partition"),
        ("- account\n", "account"),
        ("account: {\n", "YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_field(text: str, field: str) -> None:
    Path("site.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"site\.yaml") as caught:
        load_site()
    assert field in str(caught.value)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPT_SLURM_POLL_SECONDS", "soon")
    with pytest.raises(UserError, match="IPT_SLURM_POLL_SECONDS"):
        load_site()


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPT_SITE", "nowhere.yaml")
    with pytest.raises(UserError, match=r"nowhere\.yaml"):
        load_site()
