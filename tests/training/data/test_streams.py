"""Batches from remote shards, served here from this machine to itself."""

import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepgin.errors import TrainingError, UsageError
from deepgin.training.data import Share, open_samples, streams
from deepgin.training.data.shards import ShardOrder, addresses, pictures_in
from deepgin.training.data.streams import StreamedSamples
from deepgin.training.recipe import DataRecipe

from .conftest import same

pytest.importorskip("webdataset")

Noise = Callable[..., bytes]
Pack = Callable[[Path, dict[str, bytes]], Path]
CPU = torch.device("cpu")
COUNTS = (5, 1, 4)
"""Pictures in each shard."""


@dataclass
class Server:
    """Serves files; of a path in `cuts`, only so many bytes, as often as the list is long."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            content = state.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            cuts = state.cuts.get(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: cuts.pop(0)] if cuts else content)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.address = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "WAIT", 0.0)


@pytest.fixture
def shards(tmp_path: Path, noise: Noise, pack: Pack) -> Path:
    """Three shards; each picture has its segmentation, which is the picture again."""
    number = 0
    for shard, count in enumerate(COUNTS):
        members = {"README.txt": b"nothing", "._hidden.png": b"nothing"}
        for _ in range(count):
            members[f"{number:03d}.png"] = members[f"{number:03d}_seg.png"] = noise(number)
            number += 1
        pack(tmp_path / f"s-{shard}.tar", members)
    return tmp_path


@pytest.fixture
def recipe(shards: Path) -> DataRecipe:
    return DataRecipe(f"file://{shards}/s-{{0..2}}.tar", size=32, pictures_per_step=2)


def take(samples: StreamedSamples, count: int, position: dict[str, int] | None = None) -> list:
    made = samples.batches(position or {})
    found = list(islice(made, count))
    made.close()  # type: ignore[attr-defined]
    return found


def test_an_epoch_has_each_picture_once_and_no_segmentation(recipe: DataRecipe) -> None:
    whole = replace(recipe, size=32, mirror=False, smallest_scale=1.0)
    seen = [
        (encoded.name, encoded.content)
        for address in addresses(whole)
        for encoded in pictures_in(address, 0, 0)
    ]
    assert [name.rsplit(":", 1)[1] for name, _ in seen] == [f"{i:03d}.png" for i in range(10)]
    (batch,) = take(StreamedSamples(replace(whole, pictures_per_step=10), 0), 1)
    assert len({picture.numpy().tobytes() for picture in batch.pictures}) == 10
    assert batch.position["shard"] == 2


def test_guidance_is_the_one_of_its_picture(recipe: DataRecipe) -> None:
    guided = StreamedSamples(replace(recipe, rotate=True), 0, guidance=True)
    for batch in take(guided, 7):
        assert torch.equal(batch.guidance, batch.pictures)


def test_guidance_leaves_out_pictures_without(tmp_path: Path, noise: Noise, pack: Pack) -> None:
    members = {"a.png": noise(0), "b.png": noise(1), "b_seg.png": noise(1), "c.png": noise(2)}
    recipe = DataRecipe(f"file://{pack(tmp_path / 's.tar', members)}", size=32, pictures_per_step=1)
    found = take(StreamedSamples(recipe, 0, guidance=True), 3)
    assert [batch.position["picture"] for batch in found] == [2, 2, 2]


@pytest.mark.parametrize("guidance", [False, True])
def test_shards_without_usable_pictures_are_an_error(
    tmp_path: Path, noise: Noise, pack: Pack, guidance: bool
) -> None:
    members = {"a.png": noise(0)} if guidance else {"a.txt": b""}
    recipe = DataRecipe(f"file://{pack(tmp_path / 't.tar', members)}", size=32)
    with pytest.raises(TrainingError, match=r"t\.tar"):
        take(StreamedSamples(recipe, 0, guidance=guidance), 1)


@given(steps=st.integers(0, 12), each=st.integers(1, 7), rank=st.integers(0, 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_a_run_resumed_is_a_run_not_stopped(
    recipe: DataRecipe, steps: int, each: int, rank: int
) -> None:
    recipe = replace(recipe, pictures_per_step=each, workers=each % 3)
    share = Share(rank, 2)
    whole = take(StreamedSamples(recipe, 0, CPU, share), steps + 2)
    position = whole[steps - 1].position if steps else {}
    rest = take(StreamedSamples(recipe, 0, CPU, share), 2, position)
    assert all(same(a, b) for a, b in zip(whole[steps:], rest, strict=True))


def test_ranks_read_different_shards(recipe: DataRecipe) -> None:
    recipe = replace(recipe, pictures_per_step=1)
    seen = []
    for rank in (0, 1):
        found = take(StreamedSamples(recipe, 0, CPU, Share(rank, 2)), 12)
        seen.append({batch.position["shard"] for batch in found})
    assert all(shard % 2 == rank for rank in (0, 1) for shard in seen[rank])


def test_another_ranks_position_stands_for_the_same_place(recipe: DataRecipe) -> None:
    samples = StreamedSamples(replace(recipe, pictures_per_step=1), 0, CPU, Share(1, 2))
    (batch,) = take(samples, 1, {"shard": 4, "picture": 0})
    assert batch.position == {"shard": 5, "picture": 1}


def served(server: Server, shards: Path, recipe: DataRecipe) -> DataRecipe:
    for file in shards.glob("*.tar"):
        server.files[f"/{file.name}"] = file.read_bytes()
    return replace(recipe, train=f"{server.address}/s-{{0..2}}.tar")


@pytest.mark.parametrize("cut", [100, 512, 9_000, 16_000, 20_480, 31_000])
def test_a_cut_connection_is_taken_up_again(
    server: Server, shards: Path, recipe: DataRecipe, cut: int
) -> None:
    remote = served(server, shards, recipe)
    server.cuts = {"/s-0.tar": [cut, cut], "/s-2.tar": [cut]}
    found = take(StreamedSamples(remote, 0), 5)
    whole = take(StreamedSamples(recipe, 0), 5)
    assert all(same(a, b) for a, b in zip(found, whole, strict=True))
    assert server.asked.count("/s-0.tar") >= 3
    assert set(server.asked) == {"/s-0.tar", "/s-1.tar", "/s-2.tar"}


def test_a_stream_that_stays_dead_is_named(
    server: Server, shards: Path, recipe: DataRecipe
) -> None:
    remote = served(server, shards, recipe)
    server.cuts = {"/s-0.tar": [20_000] * 50}
    for name in ("s-0.tar", "none.tar"):
        server.asked.clear()
        made = StreamedSamples(replace(remote, train=f"{server.address}/{name}"), 0).batches({})
        with pytest.raises(TrainingError, match=name) as caught:
            list(made)
        assert "\n" not in str(caught.value)
        assert 4 <= len(server.asked) <= 7  # those that brought none of the three, and the others


def test_a_scheme_that_nothing_opens_is_named(recipe: DataRecipe) -> None:
    with pytest.raises(TrainingError, match="xyz://host/a"):
        take(StreamedSamples(replace(recipe, train="xyz://host/a.tar"), 0), 1)


def test_pipes_run_where_allowed(shards: Path, recipe: DataRecipe) -> None:
    piped = replace(recipe, train=f"pipe:cat {shards}/s-{{0..2}}.tar")
    with pytest.raises(UsageError, match="allow_pipes"):
        open_samples(piped, 0, CPU)
    samples = open_samples(replace(piped, allow_pipes=True), 0, CPU)
    assert isinstance(samples, StreamedSamples) and samples.pictures == 0
    found = take(samples, 3)
    assert all(same(a, b) for a, b in zip(found, take(StreamedSamples(recipe, 0), 3), strict=True))


def test_a_pipe_that_fails_at_its_end_is_no_whole_shard(shards: Path, recipe: DataRecipe) -> None:
    piped = replace(recipe, train=f"pipe:cat {shards}/s-0.tar; exit 7", allow_pipes=True)
    with pytest.raises(TrainingError, match="7"):
        take(StreamedSamples(piped, 0), 9)


def test_a_shard_is_read_to_its_last_byte(shards: Path, recipe: DataRecipe) -> None:
    """Else the program that fetches it would fail at writing the zeros behind it."""
    command = f"cat {shards}/s-0.tar && head -c 500000 /dev/zero || exit 9"
    piped = replace(recipe, train=f"pipe:{command}", allow_pipes=True)
    local = replace(recipe, train=f"file://{shards}/s-0.tar")
    both = take(StreamedSamples(piped, 0), 6), take(StreamedSamples(local, 0), 6)
    assert all(same(a, b) for a, b in zip(*both, strict=True))


def test_without_webdataset_it_is_an_error(
    recipe: DataRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "webdataset.gopen", None)
    with pytest.raises(TrainingError, match=r"deepgin\[train\]"):
        StreamedSamples(recipe, 0)


@pytest.mark.parametrize("cut", ["between", "garbage"])
def test_a_shard_without_its_end_is_damaged(shards: Path, recipe: DataRecipe, cut: str) -> None:
    file = shards / "s-0.tar"
    content = file.read_bytes()
    with tarfile.open(file) as tar:
        begins = tar.getmember("003.png").offset
    rest = b"\x07" * 2048 if cut == "garbage" else b""
    file.write_bytes(content[:begins] + rest)
    with pytest.raises(TrainingError, match=r"s-0\.tar: .* after 3 pictures"):
        take(StreamedSamples(replace(recipe, train=f"file://{file}"), 0), 9)


def test_unreadable_pictures_are_named_and_skipped(
    tmp_path: Path, noise: Noise, pack: Pack
) -> None:
    members = {"a.png": noise(0), "b.png": b"no picture", "c.png": noise(1)}
    recipe = DataRecipe(f"file://{pack(tmp_path / 's.tar', members)}", size=32)
    samples = StreamedSamples(recipe, 0)
    found = take(samples, 3)
    assert list(samples.unreadable) == [f"{recipe.train}:b.png"]
    assert found[0].unreadable == samples.unreadable
    with pytest.raises(TrainingError, match="11 of"):
        take(samples, 60)


def test_addresses_are_expanded() -> None:
    recipe = DataRecipe("https://host/a-{000..002}.tar  s3://bucket/{x,y}.tar?v=1&w=2")
    assert addresses(recipe) == [
        "https://host/a-000.tar", "https://host/a-001.tar", "https://host/a-002.tar",
        "s3://bucket/x.tar?v=1&w=2", "s3://bucket/y.tar?v=1&w=2",
    ]  # fmt: skip
    assert addresses(DataRecipe("pipe:cat s-{0..1}.tar | cat")) == [
        "pipe:cat s-0.tar | cat",
        "pipe:cat s-1.tar | cat",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "https://h/'; ls;'.tar",
        "https://h/a`ls`",
        "https://h/{0..1",
        "https://h/a.tar b.tar",
        "https://h/$(ls)",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"^data\.train"):
        addresses(DataRecipe(wrong))


def test_every_epoch_has_every_shard_once() -> None:
    order = ShardOrder(list("abcde"), 1)
    epochs = [[order[5 * epoch + i] for i in range(5)] for epoch in range(4)]
    assert all(sorted(epoch) == list("abcde") for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
