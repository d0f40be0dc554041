from __future__ import annotations

import json

import numpy as np
import pytest

from idiolect.engines import EngineOptions, create, engine_of
from idiolect.errors import EngineError, ExportError, ParityError
from idiolect.export import FORMATS, export
from tiny_nano import nano_checkpoint, sounds

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return nano_checkpoint(tmp_path_factory.mktemp("nano"))


@pytest.fixture(scope="module")
def bundles(checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles")
    # A random network hears noise in tones: 8 bit may tip some of its words, which is not what is tested here.
    return {to: export(checkpoint, to, out / to, clips=sounds(), tolerance=1.0) for to in ("onnx", "onnx-int8")}


@pytest.mark.parametrize(("to", "apart"), [("onnx", 1e-4), ("onnx-int8", 0.5)])
def test_the_bundle_gives_the_posteriors_of_the_checkpoint_for_clips_of_any_length(checkpoint, bundles, to, apart):
    from idiolect.engines.network import load_network, log_posteriors

    network, features = load_network(checkpoint)
    engine = create("onnx", EngineOptions(model=bundles[to].folder))
    for samples in sounds(8):
        true = log_posteriors(network, samples, features)
        assert engine.posteriors(samples) == pytest.approx(true, abs=apart)


def test_32_bit_hears_exactly_what_the_checkpoint_hears(checkpoint, bundles):
    nano = create("nano", EngineOptions(model=checkpoint)).transcribe(sounds())
    heard = create("onnx", EngineOptions(model=bundles["onnx"].folder)).transcribe(sounds())
    assert [each.text for each in heard] == [each.text for each in nano]
    assert any(each.text for each in nano)
    assert bundles["onnx"].parity.disagreement == 0


def test_a_clip_is_heard_alike_alone_and_in_a_batch(bundles):
    engine = create("onnx", EngineOptions(model=bundles["onnx-int8"].folder))
    assert engine.transcribe(sounds()) == [engine.transcribe([samples])[0] for samples in sounds()]


def test_8_bit_is_smaller(bundles):
    sizes = {to: (bundle.folder / "model.onnx").stat().st_size for to, bundle in bundles.items()}
    assert sizes["onnx-int8"] < 0.8 * sizes["onnx"]


def test_the_bundle_says_where_it_comes_from(bundles):
    bundle = bundles["onnx-int8"]
    stored = json.loads((bundle.folder / "bundle.json").read_text())
    assert (stored["engine"], stored["family"], stored["format"], stored["id"]) == (
        "onnx",
        "nano",
        "onnx-int8",
        bundle.id,
    )
    assert stored["lineage"]["dataset"] == "d41d8c"
    assert "history" not in stored["lineage"]
    assert stored["parity"]["clips"] == 5
    card = (bundle.folder / "MODEL_CARD.md").read_text()
    assert "d41d8c" in card
    assert '"minutes": 1' in card
    assert "{{" not in card
    assert engine_of(bundle.folder) == "onnx"


def test_the_same_checkpoint_gives_the_same_bundle(checkpoint, bundles, tmp_path):
    again = export(checkpoint, "onnx-int8", tmp_path / "again", clips=sounds(1), tolerance=1.0)
    assert again.id == bundles["onnx-int8"].id


def test_a_damaged_bundle_is_refused_and_leaves_nothing(checkpoint, tmp_path, monkeypatch):
    import onnx
    from onnx import numpy_helper

    import idiolect.export.onnx as writer

    def damaged(path, out, *, int8):
        about = real(path, out, int8=int8)
        model = onnx.load(out / "model.onnx")
        rng = np.random.default_rng(0)
        for weights in model.graph.initializer:
            values = numpy_helper.to_array(weights)
            if values.dtype == np.float32 and values.ndim > 1:
                noise = values.std() * rng.standard_normal(values.shape)
                weights.CopyFrom(numpy_helper.from_array((values + 3 * noise).astype(np.float32), weights.name))
        onnx.save(model, out / "model.onnx")
        return about

    real = writer.write
    monkeypatch.setattr(writer, "write", damaged)
    with pytest.raises(ParityError, match="on 5 clips"):
        export(checkpoint, "onnx", tmp_path / "bad", clips=sounds())
    assert list(tmp_path.iterdir()) == []


def test_with_references_a_bundle_may_not_be_worse_than_its_checkpoint(checkpoint, tmp_path):
    heard = [each.text for each in create("nano", EngineOptions(model=checkpoint)).transcribe(sounds())]
    bundle = export(checkpoint, "onnx", tmp_path / "b", clips=sounds(), references=heard)
    assert (bundle.parity.checkpoint, bundle.parity.bundle, bundle.parity.moved) == (0, 0, 0)
    with pytest.raises(ExportError, match="5 clips came with 1 references"):
        export(checkpoint, "onnx", tmp_path / "c", clips=sounds(), references=["yes"])


def test_an_older_bundle_is_replaced_and_other_folders_are_left_alone(checkpoint, tmp_path):
    first = export(checkpoint, "onnx", tmp_path / "b", clips=sounds(2))
    (first.folder / "stale").write_text("old")
    second = export(checkpoint, "onnx", tmp_path / "b", clips=sounds(2))
    assert second.id == first.id
    assert not (second.folder / "stale").exists()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(ExportError, match="is no bundle"):
        export(checkpoint, "onnx", mine, clips=sounds(2))
    assert [path.name for path in mine.iterdir()] == ["letter.txt"]


def test_what_cannot_be_exported_is_said_before_any_work(checkpoint, tmp_path):
    with pytest.raises(ExportError, match="no format 'onyx'"):
        export(checkpoint, "onyx", tmp_path / "b", clips=sounds(1))
    with pytest.raises(ExportError, match="nano checkpoint; ctranslate2 takes seq2seq"):
        export(checkpoint, "ctranslate2", tmp_path / "b", clips=sounds(1))
    with pytest.raises(ExportError, match="no clips"):
        export(checkpoint, "onnx", tmp_path / "b", clips=[])
    with pytest.raises(ExportError, match="is no checkpoint"):
        export(tmp_path, "onnx", tmp_path / "b", clips=sounds(1))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_bundle_is_named(bundles, tmp_path):
    with pytest.raises(EngineError, match=r"no bundle\.json"):
        create("onnx", EngineOptions(model=tmp_path))
    (tmp_path / "bundle.json").write_text(json.dumps({"engine": "faster-whisper", "family": "seq2seq"}))
    with pytest.raises(EngineError, match="for the engine faster-whisper"):
        create("onnx", EngineOptions(model=tmp_path))
    (tmp_path / "bundle.json").write_text(json.dumps({"engine": "onnx", "family": "nano"}))
    (tmp_path / "model.onnx").write_bytes(b"no network")
    with pytest.raises(EngineError, match=r"model\.onnx cannot be loaded"):
        create("onnx", EngineOptions(model=tmp_path))


def test_every_format_names_a_function_that_is_there():
    from importlib import import_module

    for row in FORMATS.values():
        module, function = row.target.split(":")
        assert callable(getattr(import_module(module), function))
