# The HTTP service in a container; docs/service.md says how to ask it.
#
#   docker build -t deepgin .                                 for CPUs: ONNX Runtime, no PyTorch
#   docker build -t deepgin --build-arg EXTRAS=torch,app,heif,hub .    for GPUs: PyTorch with CUDA
#   docker run --init -p 127.0.0.1:8000:8000 -e DEEPGIN_TOKEN=SECRET [--gpus all] deepgin
#
# Other options stand in place of the last line's, after the same host, and name all that is wanted:
#   ... deepgin serve --host 0.0.0.0 --token-file /run/secrets/token --allow-hosts fill.example.org
# Any other command works too: docker run --rm -u "$(id -u)" -v "$PWD:/work" -w /work deepgin inpaint ...
ARG BASE=python:3.12-slim
FROM ${BASE}

ARG EXTRAS=app,heif,hub
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src ./src
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip install -c constraints.txt ".[${EXTRAS}]" && rm -rf build

RUN useradd --create-home --uid 1000 deepgin
USER deepgin
WORKDIR /home/deepgin
ENV PYTHONUNBUFFERED=1

EXPOSE 8000
# Without curl, and past any proxy; it asks for no token.
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s CMD ["python", "-c", "\
from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); \
c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["deepgin"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
