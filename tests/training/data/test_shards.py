"""Addresses of remote shards and their order; what is read from them is in test_streams.py."""

import pytest

from deepgin.errors import UsageError
from deepgin.training.data.shards import ShardOrder, addresses
from deepgin.training.recipe import DataRecipe

pytest.importorskip("webdataset")


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
