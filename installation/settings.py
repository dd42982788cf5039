"""config/*.toml -> a frozen Settings; an unknown key is an error with a suggestion."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from installation.errors import SettingsError


def endpoint(text: str) -> tuple[str, int]:
    """`HOST:PORT` as a pair. Raises ValueError with a sentence."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no HOST:PORT, such as 127.0.0.1:9000")
    return host, int(port)


class TextNode(BaseModel):
    """A board that prints lines: what the show calls `[nodes.NAME]` (firmware_bridge/text.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: str = Field(pattern=r"^[^*?\[\]]+$")  # one board, so no pattern of a shell
    baud: int = Field(115_200, ge=50, le=4_000_000)
    pattern: str | None = None
    silent_after_s: float = Field(5.0, gt=0, le=86_400)
    ranges: dict[str, tuple[float, float]] = {}


class Settings(BaseModel):
    """What a site says of itself. Paths are relative to the folder above the config's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    show: Path = Path("shows/resonance")
    out: Path = Path("out/gallery")
    serial_ports: tuple[str, ...] = ()
    ignore_ports: tuple[str, ...] = ()
    nodes: dict[str, TextNode] = {}
    calibration: Path = Path("config/calibration.toml")
    crowd: str = "opening-night"
    headless: bool = False
    stage_size: tuple[int, int] = (1920, 1080)
    panel_host: str = "127.0.0.1"
    panel_port: int = Field(8000, ge=1, le=65535)
    osc: tuple[str, ...] = ()
    record: bool = False
    recordings_mb: int = Field(2000, ge=10, le=10_000_000)
    watch_show: bool | None = None  # where nothing is said: in rehearsals

    @field_validator("osc")
    @classmethod
    def _destinations(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            endpoint(text)
        return given


def load_settings(path: Path) -> Settings:
    """Raises SettingsError with the file, the key and the nearest right one."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise SettingsError(f"{path}: {why.strerror}") from why
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise SettingsError(f"{path}: {why}") from why
    try:
        settings = Settings.model_validate(told)
    except ValidationError as why:
        raise SettingsError("\n".join(_sentence(path, e["loc"], e["msg"], e["type"])
                                      for e in why.errors())) from why  # fmt: skip
    root = path.resolve().parent.parent
    paths = {name: root / getattr(settings, name) for name in ("show", "out", "calibration")}
    return settings.model_copy(update=paths)


def _sentence(path: Path, where: tuple[int | str, ...], message: str, kind: str) -> str:
    key = ".".join(str(part) for part in where)
    if kind != "extra_forbidden":
        return f"{path}: {key}: {message}"
    known = TextNode.model_fields if len(where) > 1 else Settings.model_fields
    near = get_close_matches(str(where[-1]), known, 1)
    hint = f" – did you mean '{near[0]}'?" if near else ""
    return f"{path}: unknown key '{key}'{hint}"
