"""Train the demo's model: `python -m museum_assets.simulator.training` (`make demo-model`).

It is an open_clip model like the real one, but small, and it learns only from the simulator's drawings and what is
said of them in three languages. Its files go to `resources/embedders/demo`.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from pathlib import Path
from random import Random
from typing import Any

from museum_assets.simulator.captions import caption, record_text
from museum_assets.simulator.dice import mix
from museum_assets.simulator.drawing import picture
from museum_assets.simulator.lexicon import LANGUAGES
from museum_assets.simulator.scenes import Scene, scene_of
from museum_assets.simulator.vocabulary import learn_merges, write_vocabulary
from museum_assets.simulator.works import ARTISTS, drawn_kind, size

NAME = "demo"
SEED = 20_261_130
SIDE = 64
MERGES = 1_500
DIMENSION = 768
CONFIG: dict[str, Any] = {
    "embed_dim": DIMENSION,
    "vision_cfg": {"image_size": SIDE, "layers": [1, 1, 1, 1], "width": 16, "head_width": 64},
    "text_cfg": {"context_length": 32, "width": 128, "heads": 4, "layers": 2},
}
BATCH, LEARNING_RATE, WARM_UP = 256, 2e-3, 60
MOST_LOGIT_SCALE = 3.9  # open_clip bounds it at ln 100; scenes that one caption fits are many, which wants less

log = logging.getLogger(__name__)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(prog="python -m museum_assets.simulator.training", description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("resources/embedders/demo"), help="folder for the model")
    parser.add_argument("--drawings", type=int, default=24_000)
    parser.add_argument("--rounds", type=int, default=8, help="how often each drawing is looked at")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    train(arguments.into, arguments.drawings, arguments.rounds)


def train(folder: Path, drawings: int, rounds: int) -> None:
    """Write configuration, vocabulary and weights of a newly trained model to a folder."""
    import torch

    started = time.monotonic()
    torch.manual_seed(SEED)
    folder.mkdir(parents=True, exist_ok=True)
    scenes = [scene_of(bits, drawn_kind(bits)) for bits in (mix(mix(SEED) + n) for n in range(drawings))]
    _write_words(folder, scenes)
    pixels = _pixels(scenes)
    log.info("%d drawings after %.0f s", drawings, time.monotonic() - started)
    model, tokenizer, normal = _model(folder)
    _learn(model, scenes, pixels, tokenizer, normal, rounds)
    _write_weights(model, folder / f"{NAME}.safetensors")
    log.info("%s trained in %.0f s", folder, time.monotonic() - started)


def _captions(scenes: list[Scene], dice: Random, *, records: bool) -> list[str]:
    """Return a text for each scene: what its record says, or a few words as people search for it."""
    names = [artist.name for artist in ARTISTS]
    languages = [dice.randrange(len(LANGUAGES)) for _ in scenes]
    if records:
        return [record_text(scene, dice, at, names) for scene, at in zip(scenes, languages, strict=True)]
    return [caption(scene, dice, at) for scene, at in zip(scenes, languages, strict=True)]


def _write_words(folder: Path, scenes: list[Scene]) -> None:
    dice = Random(SEED)  # noqa: S311 - what is learnt, not a secret
    texts = [text for records in (False, False, True) for text in _captions(scenes, dice, records=records)]
    merges = learn_merges(texts, MERGES)
    tokens = write_vocabulary(merges, folder / f"{NAME}.txt.gz")
    config = CONFIG | {"text_cfg": CONFIG["text_cfg"] | {"vocab_size": tokens}}
    (folder / f"{NAME}.json").write_text(json.dumps(config, indent=4) + "\n", encoding="utf-8")


def _pixels(scenes: list[Scene]) -> Any:
    """Return the drawings as the model sees them: uint8 [n, 3, side, side].

    They are drawn smaller than a museum serves them, which takes a hundredth of the time, in all their proportions.
    """
    import numpy as np
    import torch

    dice, found = Random(SEED + 1), np.empty((len(scenes), SIDE, SIDE, 3), np.uint8)  # noqa: S311
    for place, scene in enumerate(scenes):
        width, height = size(scene.bits)
        side = dice.choice((130, 180, 240, 320, 500))
        factor = (side * 2 if scene.style == "hatched" else side) / min(width, height)  # lines need room
        found[place] = np.asarray(cropped(picture(scene, round(width * factor), round(height * factor))))
    # Stored with the colours last, for which the processor's convolutions take half the time.
    return torch.from_numpy(found).permute(0, 3, 1, 2)


def cropped(image: Any) -> Any:
    """Return an image as open_clip's own transform gives it to the model: its middle, on the model's scale."""
    from PIL import Image

    width, height = image.size
    factor = SIDE / min(width, height)
    small = image.resize(
        (max(SIDE, round(width * factor)), max(SIDE, round(height * factor))), Image.Resampling.BICUBIC
    )
    left, top = (small.width - SIDE) // 2, (small.height - SIDE) // 2
    return small.crop((left, top, left + SIDE, top + SIDE))


def _model(folder: Path) -> tuple[Any, Any, Any]:
    import open_clip
    import torch

    open_clip.add_model_config(folder)
    model = open_clip.create_model(NAME)
    model.visual.to(memory_format=torch.channels_last)
    tokenizer = open_clip.get_tokenizer(NAME, bpe_path=str(folder / f"{NAME}.txt.gz"))
    mean, spread = (
        torch.tensor(values).view(1, 3, 1, 1) for values in (model.visual.image_mean, model.visual.image_std)
    )

    def normal(pixels: Any) -> Any:
        return (pixels.float() / 255 - mean) / spread

    return model, tokenizer, normal


def _learn(model: Any, scenes: list[Scene], pixels: Any, tokenizer: Any, normal: Any, rounds: int) -> None:
    import open_clip
    import torch

    loss_of, dice = open_clip.loss.ClipLoss(), Random(SEED + 2)  # noqa: S311
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    steps = rounds * (len(scenes) // BATCH)
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, LEARNING_RATE, total_steps=steps, pct_start=min(0.3, WARM_UP / steps), cycle_momentum=False
    )
    model.train()
    step, started, mean_loss = 0, time.monotonic(), 0.0
    for _ in range(rounds):
        order = list(range(len(scenes)))
        dice.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            # Every third batch has records. Kept apart, the short texts of the others take a third of the time.
            texts = _captions([scenes[place] for place in chosen], dice, records=step % 3 == 2)
            images = model.encode_image(normal(pixels[chosen]), normalize=True)
            loss = loss_of(images, _encoded(model, tokenizer(texts)), model.logit_scale.exp())
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0, MOST_LOGIT_SCALE)
            step += 1
            mean_loss += (loss.item() - mean_loss) * max(0.02, 1 / step)
            if step % 50 == 0:
                log.info("step %d of %d, loss %.3f, %.0f s", step, steps, mean_loss, time.monotonic() - started)


def _encoded(model: Any, tokens: Any) -> Any:
    """Return the texts' vectors as `encode_text` makes them, but without computing what comes after the longest."""
    import torch
    from torch.nn.functional import normalize

    ends = tokens.argmax(dim=-1)
    length = int(ends.max()) + 1
    x = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
    x = model.ln_final(model.transformer(x, attn_mask=model.attn_mask[:length, :length]))
    return normalize(x[torch.arange(len(ends)), ends] @ model.text_projection, dim=-1)


def _write_weights(model: Any, file: Path) -> None:
    from safetensors.torch import save_file

    state = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    save_file({key: value.contiguous() for key, value in state.items()}, file)


if __name__ == "__main__":
    main()
