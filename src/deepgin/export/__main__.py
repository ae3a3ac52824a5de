"""`python -m deepgin.export` rewrites the graphs that come with the package."""

from ..network import build
from ..runtimes.onnx import GRAPHS
from . import export_graph

for _file in sorted(GRAPHS.glob("*-*[0-9].onnx")):
    _name, _, _width = _file.stem.rpartition("-")
    export_graph(build(_name, int(_width)), _file)
