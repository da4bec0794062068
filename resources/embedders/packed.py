"""Layers whose weights lie as the processor's half-precision units read them.

torch lays them out anew at every call, for one batch of ViT-L-14 400 MB: laid out once, an image takes 0.215 s instead
of 0.26 on two cores with AVX512-BF16. The two operators are those that torch.compile emits; compiling itself would take
minutes and a C++ compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def pack(model: Any) -> None:
    """Pack the layers of an open_clip model's blocks. For bfloat16 on a CPU: elsewhere there is nothing to gain."""
    import torch

    if not hasattr(torch.ops.mkldnn, "_reorder_linear_weight"):
        return
    for block in [module for module in model.modules() if hasattr(module, "mlp")]:
        layers = dict(block.mlp.named_children())
        if list(layers) == ["c_fc", "gelu", "c_proj"] and type(layers["gelu"]) is torch.nn.GELU:
            _pack_linear(layers["c_fc"], "gelu", layers["gelu"].approximate)
            block.mlp.gelu = torch.nn.Identity()
            _pack_linear(layers["c_proj"])
        attention = getattr(block, "attn", None)
        if type(attention) is torch.nn.MultiheadAttention and _plain(block, attention):
            _pack_attention(attention)


def _plain(block: Any, attention: Any) -> bool:
    """Whether a block attends to itself, and its attention has no more parts than ViT's."""
    if hasattr(block, "ln_1_kv") or attention.in_proj_weight is None or attention.in_proj_bias is None:
        return False
    return bool(attention.batch_first) and attention.bias_k is None


def _packed(weight: Any, bias: Any, activation: str = "none", algorithm: str = "") -> Callable[[Any], Any]:
    import torch

    operators = torch.ops.mkldnn
    laid_out = operators._reorder_linear_weight(weight.detach(), None)  # noqa: SLF001 - see above
    pointwise, bias = operators._linear_pointwise, bias.detach()  # noqa: SLF001
    return lambda x: pointwise(x, laid_out, bias, activation, [], algorithm)


def _empty(weight: Any) -> Any:
    """Return what a layer keeps of weights that are packed: not twice, but of their type, which open_clip asks for."""
    import torch

    return torch.nn.Parameter(torch.empty(0, dtype=weight.dtype), requires_grad=False)


def _pack_linear(linear: Any, activation: str = "none", algorithm: str = "") -> None:
    linear.forward = _packed(linear.weight, linear.bias, activation, algorithm)
    linear.weight = _empty(linear.weight)


def _pack_attention(attention: Any) -> None:
    """Pack attention to itself, without dropout or weights asked for: that is how open_clip's blocks call it.

    The steps between the layers are torch's own but for the scaling, which is packed too: its one kernel for all of
    them, and its flash attention for processors, take 14 and 19 ms of a batch's block, these 9.
    """
    import torch

    width, heads = attention.embed_dim, attention.num_heads
    weight, bias = attention.in_proj_weight.detach().clone(), attention.in_proj_bias.detach().clone()
    for queries in (weight[:width], bias[:width]):
        queries.mul_((width // heads) ** -0.5)
    projected, joined = _packed(weight, bias), _packed(attention.out_proj.weight, attention.out_proj.bias)

    def forward(x: Any, keys: Any, values: Any, *, need_weights: bool, attn_mask: Any) -> tuple[Any, None]:
        assert keys is x
        assert values is x
        assert not need_weights
        count, length, _ = x.shape
        split = projected(x).view(count, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = (part.reshape(count * heads, length, -1) for part in split)
        scores = torch.bmm(query, key.transpose(1, 2))
        if attn_mask is not None:
            scores += attn_mask
        mixed = torch.bmm(torch.softmax(scores, -1), value).view(count, heads, length, -1)
        return joined(mixed.transpose(1, 2).reshape(count, length, width)), None

    attention.forward = forward
    attention.in_proj_weight = _empty(attention.in_proj_weight)
    attention.out_proj.weight = _empty(attention.out_proj.weight)
