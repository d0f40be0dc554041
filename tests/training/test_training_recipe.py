"""Recipes: resolved, frozen, and exact about what they do not know."""

from __future__ import annotations

import json

import pytest

from idiolect.errors import AudioError, TrainingError
from idiolect.training import Recipe, known_keys, load_recipe, recipes


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_loads_and_survives_json(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_overrides_reach_every_level():
    recipe = load_recipe("nano", {"minutes": 5, "optimizer.peak": 1e-3, "augment.spec.noise": 0.25})
    assert (recipe.minutes, recipe.optimizer.peak) == (5.0, 1e-3)
    assert recipe.augment.spec == {"noise": 0.25}


def test_text_from_a_command_line_becomes_the_type_of_its_key():
    typed = {"minutes": "5", "steps": "7", "augment.use": "no", "augment.noises": "a,b", "base": "some/folder"}
    recipe = load_recipe("nano", typed)
    assert (recipe.minutes, recipe.steps, recipe.augment.use) == (5.0, 7, False)
    assert recipe.augment.noises == ("a", "b")
    assert recipe.base == "some/folder"


@pytest.mark.parametrize("key", ["minute", "optimizer.speed", "nano", "optimizer", "nano.crops"])
def test_an_unknown_key_is_an_error_that_lists_the_known(key):
    with pytest.raises(TrainingError) as caught:
        load_recipe("nano", {key: 1})
    assert "optimizer.peak" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("steps", "many"), ("steps", 1.5), ("augment.use", "perhaps"), ("minutes", 0), ("batch.target_share", 2)],
)
def test_a_value_without_sense_is_refused(key, value):
    with pytest.raises(TrainingError, match=r"steps|use|minutes|target_share"):
        load_recipe("nano", {key: value})


def test_augmentation_is_checked_before_training():
    with pytest.raises(AudioError, match="loudness"):
        load_recipe("nano", {"augment.spec.loudness": 1})


def test_an_unknown_recipe_lists_those_that_are_there():
    with pytest.raises(TrainingError, match=r"giant(.|\n)*nano"):
        load_recipe("giant")


def test_a_file_is_a_recipe_and_its_faults_are_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('family = "nano"\nsteps = 3\n')
    assert (load_recipe(path).name, load_recipe(str(path)).steps) == ("mine", 3)
    path.write_text("steps = ")
    with pytest.raises(TrainingError, match=r"mine\.toml is not TOML"):
        load_recipe(path)
    path.write_text("[optimizer]\npeek = 1.0\n")
    with pytest.raises(TrainingError, match=r"optimizer\.peek"):
        load_recipe(path)


def test_known_keys_can_all_be_set():
    recipe = load_recipe("nano").as_dict()
    for key in known_keys():
        value = recipe
        for part in key.split("."):
            value = value[part]
        assert load_recipe("nano", {key: value}).as_dict() == recipe
