"""The show's sounds, made once by its own script and kept until the script changes."""

from __future__ import annotations

import importlib.util
import wave
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from installation.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE_HZ = 48_000
Progress = Callable[[int, int], None]


def ensure(show_dir: Path, progress: Progress) -> Path:
    """The folder with the wav files: `sounds/`, or where a script makes them its cache.

    `sounds/make.py` has `VOICES`, a mapping from file name to a function that
    returns float samples in -1..1, shape (frames, 2), 48 kHz; `progress(done,
    total)` is told while they are made. Raises Unavailable where the script
    cannot be run.
    """
    script = show_dir / "sounds" / "make.py"
    if not script.exists():
        return show_dir / "sounds"
    cache = show_dir / "sounds" / "cache"
    mark = cache / "made-from.sha256"
    wanted = sha256(script.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return cache
    cache.mkdir(exist_ok=True)
    spec = importlib.util.spec_from_file_location("show_sounds", script)
    if spec is None or spec.loader is None:
        raise Unavailable(f"{script} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    voices = module.VOICES
    for number, (name, voice) in enumerate(voices.items()):
        progress(number, len(voices))
        _write(cache / f"{name}.wav", voice())
    progress(len(voices), len(voices))
    mark.write_text(wanted)
    return cache


def _write(path: Path, samples: NDArray[np.float64]) -> None:
    """16-bit stereo, replaced in one step so that a half-made file is never played."""
    import numpy as np

    whole = np.clip(np.rint(samples * 32767.0), -32768, 32767).astype("<i2")
    temporary = path.with_suffix(".part")
    with wave.open(str(temporary), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(whole.tobytes())
    temporary.replace(path)
