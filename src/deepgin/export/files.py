"""Writing exported files, whole or not at all."""

import io
import warnings
from pathlib import Path
from typing import Any

import torch

from ..errors import DeepginError, UsageError, nearest_name
from ..files import whole_file
from ..network import Generator
from ..runtimes.openvino import parameters_of
from ..version import __version__
from ..weights.card import KEY, Card
from .pipelines import Contract, MiGanPipeline, Pipeline
from .traceable import traceable

CONTRACTS: dict[str, type[Contract]] = {"deepgin": Pipeline, "migan": MiGanPipeline}
OPSETS = range(18, 21)
"""Of ONNX: older ones lack operators of ours, newer ones the converter."""
_PREFIX = "network."  # of the weights' names in a pipeline


def export(
    network: Generator,
    path: str | Path,
    *,
    contract: str = "deepgin",
    halved: bool = False,
    opset: int = OPSETS[0],
    card: Card | None = None,
) -> None:
    """Write a network as one file that fills holes: bytes in, bytes out, any batch and size.

    Args:
        network: any but a guided one.
        path: ends in .onnx; or in .pt2 for a program of `torch.export`, which takes sides of at
            least 17 pixels, and half a minute to write or to load.
        contract: `deepgin` (`Pipeline`) or `migan` (`MiGanPipeline`).
        halved: store the weights of an ONNX file as float16; it still computes in float32.
        opset: of ONNX files, 18 to 20.
        card: for the file's metadata; None writes what `weights.save` would.

    Raises:
        UsageError: a name, contract or opset that does not work, halving a .pt2 file, or a
            guided network.
        DeepginError: the package for ONNX is missing, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix not in (".onnx", ".pt2"):
        raise UsageError(f"{path}: name the file .onnx, or .pt2 for torch.export")
    if halved and path.suffix == ".pt2":
        raise UsageError(f"{path}: only ONNX files can have float16 weights")
    if contract not in CONTRACTS:
        close = nearest_name(contract, list(CONTRACTS))
        raise UsageError(f"no contract '{contract}'{close}: choose {' or '.join(CONTRACTS)}")
    if network.variant.guidance:
        raise UsageError(f"variant '{network.name}' needs a guidance picture: it is not exported")
    if opset not in OPSETS:
        raise UsageError(f"opset {opset} does not work: choose {OPSETS[0]} to {OPSETS[-1]}")
    card = card or Card(network.name, network.width)
    facts = {KEY: card.to_json(), "deepgin_version": __version__, "contract": contract}
    with whole_file(path) as temporary:
        pipeline = CONTRACTS[contract](traceable(network))
        if path.suffix == ".pt2":
            temporary.write_bytes(_program(pipeline, facts))
        else:
            temporary.write_bytes(_onnx(pipeline, opset, facts, halved))


def export_graph(network: Generator, path: str | Path) -> None:
    """Write the ONNX graph of a network without its weights, in two forms.

    One graph serves all weights of a variant and width. In `path` they are declared as external,
    under their names in our weights files, for `runtimes.onnx`; in the file that `parameters_of`
    names they are inputs, for `runtimes.openvino`.
    """
    onnx = _onnx_package()
    model = _model(Pipeline(traceable(network)), OPSETS[0])
    weights = network.state_dict()
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="weights")
    _write(model, Path(path))
    for tensor in model.graph.initializer:
        port = onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        model.graph.input.append(port)
    del model.graph.initializer[:]
    _write(model, parameters_of(Path(path)))


def _write(model: Any, path: Path) -> None:
    with whole_file(path) as temporary:
        temporary.write_bytes(model.SerializeToString(deterministic=True))


def _program(pipeline: Contract, facts: dict[str, str]) -> bytes:
    shapes = (dict.fromkeys(pipeline.axes, torch.export.Dim.DYNAMIC),) * len(pipeline.inputs)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # among others, weights in channels_last are warned of
        program = torch.export.export(
            pipeline, pipeline.example(), dynamic_shapes=shapes, strict=False
        )
        torch.export.save(program, buffer, extra_files=facts)
    return buffer.getvalue()


def _onnx(pipeline: Contract, opset: int, facts: dict[str, str], halved: bool) -> bytes:
    model = _model(pipeline, opset)
    if halved:
        _halve(model)
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    model.producer_name, model.producer_version = "deepgin", __version__
    return bytes(model.SerializeToString(deterministic=True))


def _onnx_package() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise DeepginError(
            "ONNX files need one more package: pip install -c constraints.txt '.[export]'"
        ) from error
    return onnx


def _model(pipeline: Contract, opset: int) -> Any:
    """Return the ONNX model, with weights under the names of our files."""
    onnx = _onnx_package()
    buffer = io.BytesIO()
    # By tracing one run: the converter of `torch.export` proves every size as a symbol, which
    # takes it far longer, and needs sides of 17 pixels.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            pipeline,
            pipeline.example(),
            buffer,  # type: ignore[arg-type]  # this converter takes an open file too
            dynamo=False,
            keep_initializers_as_inputs=True,  # else equal ones become one
            opset_version=opset,
            input_names=list(pipeline.inputs),
            output_names=list(pipeline.outputs),
            dynamic_axes=dict.fromkeys((*pipeline.inputs, *pipeline.outputs), pipeline.axes),
        )
    model = onnx.load_from_string(buffer.getvalue())
    del model.graph.input[len(pipeline.inputs) :]
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.removeprefix(_PREFIX)
    for node in model.graph.node:
        node.input[:] = [name.removeprefix(_PREFIX) for name in node.input]
        node.name = ""  # its place in the code, which is most of the graph's size
    return model


def _halve(model: Any) -> None:
    """Keep float32 weights as float16, with a cast that the runtime does once, at its start."""
    onnx = _onnx_package()
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or not tensor.dims:
            continue
        half, name = onnx.numpy_helper.to_array(tensor).astype("float16"), tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, name + ".half"))
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=to))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
