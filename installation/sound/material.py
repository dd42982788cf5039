"""The show's sounds, made once by its own script and kept until the script changes."""

from __future__ import annotations

import importlib.util
import wave
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from installation.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE_HZ = 48_000
Progress = Callable[[int, int], None]
Voice = Callable[[], object]


def ensure(show_dir: Path, progress: Progress) -> Path:
    """The folder with the wav files: `sounds/`, or where a script makes them its cache.

    `sounds/make.py` has `VOICES`, a mapping from file name to a function that
    returns float samples in -1..1, shape (frames, 2), 48 kHz; `progress(done,
    total)` is told while they are made. Raises Unavailable where the script
    does not do so, or the cache cannot be written.
    """
    script = show_dir / "sounds" / "make.py"
    if not script.exists():
        return show_dir / "sounds"
    cache = show_dir / "sounds" / "cache"
    try:
        _make(script, cache, progress)
    except OSError as error:
        raise Unavailable(f"the sounds cannot be kept in {cache}: {error}") from error
    return cache


def _make(script: Path, cache: Path, progress: Progress) -> None:
    mark = cache / "made-from.sha256"
    wanted = sha256(script.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    cache.mkdir(exist_ok=True)
    voices = _voices(script)
    for number, (name, voice) in enumerate(voices.items()):
        progress(number, len(voices))
        with _of_the_show(f"{script}, voice '{name}'"):
            made = _samples(voice)
        _write(cache / f"{name}.wav", made)
    progress(len(voices), len(voices))
    mark.write_text(wanted)


def _voices(script: Path) -> Mapping[str, Voice]:
    spec = importlib.util.spec_from_file_location("show_sounds", script)
    if spec is None or spec.loader is None:
        raise Unavailable(f"{script} is no Python file")
    module = importlib.util.module_from_spec(spec)
    with _of_the_show(str(script)):
        spec.loader.exec_module(module)
    voices = getattr(module, "VOICES", None)
    if not isinstance(voices, Mapping):
        raise Unavailable(f"{script} has no VOICES, a mapping from file name to function")
    for name, voice in voices.items():
        if not isinstance(name, str) or name in {"", ".."} or PurePath(name).name != name:
            raise Unavailable(f"{script}: in VOICES, {name!r} is no name for a file")
        if not callable(voice):
            raise Unavailable(f"{script}, voice '{name}' is no function")
    return voices


@contextmanager
def _of_the_show(what: str) -> Iterator[None]:
    """The show's own code runs here: whatever it raises is the show's trouble, in a sentence."""
    try:
        yield
    except (Exception, SystemExit) as error:  # foreign code may raise anything
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise Unavailable(f"{what}: {said}") from error


def _samples(voice: Voice) -> NDArray[np.float64]:
    import numpy as np

    samples = np.asarray(voice(), np.float64)
    if samples.ndim != 2 or samples.shape[1] != 2 or not len(samples):
        raise ValueError(f"samples have the shape (frames, 2), not {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("a sample is not finite")
    return samples


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
