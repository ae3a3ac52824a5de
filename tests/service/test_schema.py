"""The service against its own OpenAPI: Schemathesis asks whatever the description allows, and not.

What it sends as pictures are no pictures, so that most answers are refusals; they must be ones
that the description knows.
"""

import threading
import time

import pytest
import uvicorn
from hypothesis import HealthCheck, given, seed, settings

from deepgin.inpainting import Inpainter
from deepgin.service.app import create_app
from deepgin.service.server import address_at, listen
from deepgin.service.settings import Limits, Settings

pytestmark = pytest.mark.slow  # it takes seconds to be imported alone

OPERATIONS = [
    *[("POST", path) for path in ("/v1/inpaint", "/api/v1/inpaint")],
    *[("GET", path) for path in ("/api/v1/model", "/api/v1/server-config", "/v1/models")],
    *[("GET", path) for path in ("/healthz", "/readyz", "/progress/{job}", "/metrics")],
]


@pytest.fixture(scope="module")
def address(weights):
    limits = Limits(seconds=5)
    app = create_app(Settings(limits=limits), inpainter=Inpainter(weights, device="cpu"))
    with listen("127.0.0.1", 0) as socket:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        while not app.state.service.loaded:
            time.sleep(0.01)
        yield address_at(socket)
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("mode", "method", "path"),
    [("positive", *one) for one in OPERATIONS] + [("negative", *one) for one in OPERATIONS[:2]],
)
def test_answers_are_those_of_the_description(address, method, path, mode):
    import schemathesis
    from schemathesis import checks

    checks.load_all_checks()
    # Random bytes are valid files to the description, and no pictures.
    left_out = [checks.CHECKS.get_one("positive_data_acceptance")]
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = {(one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()}
    assert operations == {*OPERATIONS}
    strategy = schema[path][method].as_strategy(schemathesis.GenerationMode(mode))

    # Some seeds find mistakes of Schemathesis itself.
    @seed(1)
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(case=strategy)
    def ask(case):
        case.call_and_validate(excluded_checks=left_out)

    ask()
