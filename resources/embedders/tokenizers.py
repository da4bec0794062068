"""What makes tokens of texts for a model of open_clip: found before the model is loaded, which takes long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from museum_assets.core.failures import MuseumError
from resources.embedders.weights import probe_hub
from resources.extras import install_command


def tokenizer(
    model: str, text_config: dict[str, Any], model_configs: Path | None, variable: str
) -> Callable[[str], Any]:
    """Return what makes tokens [1, context] of a text for an open_clip model; `variable` is the setting that named it.

    A vocabulary `<model>.txt.gz` in `model_configs` is the model's own. Raises MuseumError when a tokenizer needs a
    package that is not installed, or files that cannot be had.
    """
    import open_clip

    vocabulary = model_configs / f"{model}.txt.gz" if model_configs is not None else None
    own = {"bpe_path": str(vocabulary)} if vocabulary is not None and vocabulary.is_file() else {}
    try:
        if source := text_config.get("hf_tokenizer_name"):
            return _from_hub(model, source, variable)
        return open_clip.get_tokenizer(model, **own)  # type: ignore[no-any-return]
    except ImportError as error:
        raise MuseumError(
            f"The tokenizer of {variable}={model} needs the extra `siglip` of this package ({error}): run "
            f"`{install_command('siglip')}`."
        ) from error


def _from_hub(model: str, source: str, variable: str) -> Callable[[str], Any]:
    """Return a tokenizer whose files lie in a folder, in the hub's cache, or on the hub, asked in this order."""
    import open_clip

    try:
        return open_clip.get_tokenizer(model, local_files_only=True)  # type: ignore[no-any-return]
    except (OSError, ValueError):
        pass  # not on this machine
    try:
        probe_hub()
        return open_clip.get_tokenizer(model)  # type: ignore[no-any-return]
    except (OSError, ValueError) as error:
        raise MuseumError(
            f"The tokenizer {source} of {variable}={model} is not on this machine and the model hub does not give it: "
            f"{error}. Allow this machine to reach the hub once, or copy the tokenizer's files into a folder and name "
            f"that as hf_tokenizer_name in a model configuration below {variable}_CONFIGS."
        ) from error
