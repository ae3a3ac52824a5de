"""`deepgin train`: what is refused before training begins. Training itself is tested elsewhere."""

import pytest

from deepgin.commands.train import recipe_file


def refused(fails, tmp_path, *arguments, code=2):
    """Run, and check that no run was begun."""
    message = fails(code, "train", *arguments, "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    return message


def recipe(tmp_path, text):
    path = tmp_path / "recipe.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(("wrong", "meant"), [("compct-128", "compact-128"), ("tniy", "tiny")])
def test_unknown_recipe_suggests_the_nearest(fails, tmp_path, wrong, meant):
    message = refused(fails, tmp_path, "--recipe", wrong)
    assert f"'{wrong}'" in message
    assert f"did you mean '{meant}'?" in message


def test_shipped_recipes_are_found(tmp_path, monkeypatch):
    assert recipe_file("tiny").name == "tiny.yaml"
    monkeypatch.chdir(tmp_path)
    own = recipe(tmp_path, "seed: 3")
    assert recipe_file("recipe.yaml").resolve() == own


@pytest.mark.parametrize(
    ("text", "named", "meant"),
    [
        ("data: {trian: photos}", "data.trian", "data.train"),
        ("sede: 3", "sede", "seed"),
        ("main: {rat: 1}", "main.rat", "main.rate"),
    ],
)
def test_typo_in_a_recipe_names_file_and_field(fails, tmp_path, text, named, meant):
    path = recipe(tmp_path, text)
    message = refused(fails, tmp_path, "--recipe", path)
    assert f"{path}: there is no '{named}' (did you mean '{meant}'?)" in message


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("seed: many", "seed"),
        ("data: {size: [1]}", "data.size"),
        ("data: [", "config"),
        ("just words", "just words"),
        ("", "config"),
        (b"\xff\xfe\x00", "utf-8"),
    ],
)
def test_damaged_recipe_is_named(fails, tmp_path, text, word):
    path = recipe(tmp_path, text)
    message = refused(fails, tmp_path, "--recipe", path)
    assert message.startswith(f"deepgin: {path}: ")
    assert word in message


def test_value_in_place_of_a_group(fails, tmp_path):
    path = recipe(tmp_path, "optimiser: 3")
    assert "optimiser 3" in refused(fails, tmp_path, "--recipe", path)


def test_unknown_option_suggests_the_nearest(fails, tmp_path):
    message = refused(fails, tmp_path, "--data.trian", tmp_path)
    assert "--data.trian" in message
    assert "did you mean 'data.train'?" in message


def test_value_of_another_type(fails, tmp_path):
    message = refused(fails, tmp_path, "--recipe", "tiny", "--data.size", "large")
    assert "data.size" in message
    assert "large" in message
    assert "tiny.yaml" not in message  # the command line is wrong, not the recipe


def test_no_training_pictures_given(fails, tmp_path):
    assert "data.train is not set" in refused(fails, tmp_path, "--recipe", "tiny")


@pytest.mark.parametrize("content", [[], ["notes.txt"]])
def test_empty_training_folder(fails, tmp_path, content):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in content:
        (folder / name).touch()
    message = refused(fails, tmp_path, "--recipe", "tiny", "--data.train", folder, code=1)
    assert str(folder) in message
    assert "holds no pictures" in message


def test_missing_training_folder(fails, tmp_path):
    arguments = ["--recipe", "tiny", "--data.train", tmp_path / "missing"]
    assert "missing: no such folder" in refused(fails, tmp_path, *arguments, code=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--network.variant", "deepgim"], ["'deepgim'", "did you mean 'deepgin'?"]),
        (["--network.width", "3"], ["width 3", "even"]),
        (["--device", "potato"], ["'potato'", "cpu"]),
        (["--precision", "half"], ["'half'", "bf16"]),
        (["--data.size", "100"], ["data.size 100", "16"]),
        (["--data.validation", "nowhere"], ["nowhere"]),
        (["--resume", "nowhere"], ["nowhere: no such checkpoint"]),
        (["--init", "shiped"], ["init 'shiped'", "did you mean 'shipped'?"]),
        (["--main.length", "10 eposch"], ["main.length '10 eposch'", "'10 epochs'"]),
        (["--main.length", "1e300"], ["main.length '1e300'"]),
        (["--loss.style", "1", "--loss.network", "vgg91"], ["loss.network", "'vgg19'?"]),
    ],
)
def test_values_that_cannot_be(fails, tmp_path, pair, options, words):
    arguments = ["--recipe", "tiny", "--data.train", pair[0].parent, *options]
    code = 1 if options[0] in ("--data.validation", "--resume", "--loss.style") else 2
    message = refused(fails, tmp_path, *arguments, code=code)
    for word in words:
        assert word in message


def test_file_in_place_of_the_run(fails, tmp_path, pair):
    (tmp_path / "file").write_bytes(b"old")
    arguments = ["--recipe", "tiny", "--data.train", pair[0].parent, "-o", tmp_path / "file"]
    assert str(tmp_path / "file") in fails(1, "train", *arguments)
    assert (tmp_path / "file").read_bytes() == b"old"
