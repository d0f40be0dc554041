"""A checkpoint as ONNX: the network with a free time axis, in 32 bit or with 8-bit matrix products."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idiolect.engines import engine_of
from idiolect.engines.onnx import MODEL_FILE
from idiolect.errors import ExportError, MissingExtraError
from idiolect.files import whole_file

if TYPE_CHECKING:
    import torch

OPSET = 17
"""The first with LayerNormalization as one operator."""


def write(checkpoint: Path, out: Path, *, int8: bool) -> Mapping[str, Any]:
    """Write ``model.onnx`` and what the `onnx` engine needs beside it. A `Writer`."""
    from idiolect.export import onnx_ctc, onnx_nano

    family = engine_of(checkpoint)
    writers = {"nano": onnx_nano.write, "ctc": onnx_ctc.write}
    about = writers[family](checkpoint, out)
    if int8:
        quantize(out / MODEL_FILE)
    return {"engine": "onnx", "family": family, **about}


def write_w8(checkpoint: Path, out: Path, *, int8: bool) -> Mapping[str, Any]:
    """The same with the weights of matrix products stored in 8 bit and computed with in 32. A `Writer`."""
    del int8  # the row's own: nothing is computed in 8 bit
    about = write(checkpoint, out, int8=False)
    pack_weights(out / MODEL_FILE)
    return about


def trace(
    module: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    path: Path,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> None:
    """Write `module` to `path`. The second axis of every input is time and may have any length.

    By the tracing exporter: for nano the newer one (``dynamo=True``) gives the same operators in 13 s instead of 1 s.
    """
    import torch

    try:
        import onnx  # noqa: F401 - the exporter needs it and says so less plainly
    except ImportError:
        raise MissingExtraError("export to ONNX", "export") from None
    with _quiet(), torch.inference_mode():
        torch.onnx.export(
            module.eval(),
            example,
            str(path),
            dynamo=False,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {1: "time"} for name in inputs} | {outputs[0]: {1: "frames"}},
            opset_version=OPSET,
        )


def quantize(path: Path) -> None:
    """Matrix products of the network at `path` in 8 bit: weights per channel, activations measured as they come.

    Convolutions stay in 32 bit: their dynamic 8-bit kernels are slower than these.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    smaller = path.with_suffix(".int8.onnx")
    with _quiet():
        quantize_dynamic(
            str(path),
            str(smaller),
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    if smaller.stat().st_size >= path.stat().st_size:
        smaller.unlink()
        raise ExportError("8 bit made the network no smaller: it has no matrix products", hint="export to onnx")
    smaller.replace(path)


def pack_weights(path: Path) -> None:
    """Store the matrices of matrix products as 8-bit numbers and a scale for each column; the runtime unpacks them.

    The activations stay as they are, so it hears as in 32 bit, in a third of the space and at the speed of 32 bit.
    """
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    products = {name for node in model.graph.node if node.op_type == "MatMul" for name in node.input}
    packed = []
    for tensor in [one for one in model.graph.initializer if one.name in products and len(one.dims) == 2]:
        weights = numpy_helper.to_array(tensor)
        scale = np.maximum(np.abs(weights).max(0), 1e-12).astype(np.float32) / np.float32(127)
        whole = np.rint(weights / scale).astype(np.int8)
        model.graph.initializer.remove(tensor)
        model.graph.initializer.append(numpy_helper.from_array(whole, f"{tensor.name}.w8"))
        model.graph.initializer.append(numpy_helper.from_array(scale, f"{tensor.name}.scale"))
        inputs = [f"{tensor.name}.w8", f"{tensor.name}.scale"]
        packed.append(helper.make_node("DequantizeLinear", inputs, [tensor.name], axis=1))
    if not packed:
        raise ExportError("8 bit made the network no smaller: it has no matrix products", hint="export to onnx")
    nodes = [*packed, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    with whole_file(path) as temporary:
        onnx.save(model, str(temporary))


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter's and the quantizer's own notes are about themselves: what they change is checked by parity."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
