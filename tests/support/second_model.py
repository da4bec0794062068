"""A second model to stand beside the demo's: small, of a SigLIP's shape, with random weights in a file."""

from __future__ import annotations

from pathlib import Path

from tests.support.places import FIXTURES

MODEL = "tiny-second"
"""Its context has 16 tokens. A name with `siglip` in it would have open_clip fetch a tokenizer."""


def second_model(folder: Path, model: str = MODEL, configs: Path = FIXTURES) -> dict[str, str]:
    """Write the weights into a folder; return the settings that make the model active."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    open_clip.add_model_config(configs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        state = open_clip.create_model(model).state_dict()
    file = folder / "second.safetensors"
    save_file({name: value.contiguous() for name, value in state.items()}, file)
    return {"SIGLIP_MODEL": model, "SIGLIP_MODEL_CONFIGS": str(configs), "SIGLIP_WEIGHTS": str(file)}
