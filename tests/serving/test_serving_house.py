from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from idiolect.errors import AliasError, EngineError
from idiolect.serving import Registry, Target
from idiolect.serving import house as houses
from idiolect.serving.candidates import candidates
from idiolect.serving.house import House

NOISE = np.full(1600, 0.1, np.float32)


def say(text):
    return Target(engine="echo", extra={"texts": [text]})


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path)


async def heard(house, name):
    async with house.use(name) as hosted:
        return (await hosted.run(lambda: hosted.engine.transcribe([NOISE])))[0].text


def children():
    """Processes that this one has started and that still run an engine."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            words = (stat.parent / "cmdline").read_text()
        except OSError:
            continue
        if int(parent) == os.getpid() and state != "Z" and "evaluation.worker" in words:
            found.append(int(stat.parent.name))
    return found


async def until(true, seconds=20.0):
    for _ in range(round(seconds / 0.05)):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError


def test_who_has_begun_with_the_old_one_ends_with_it(registry):
    async def run():
        registry.promote("a", say("old"), by="anna")
        house = House(registry)
        watching = asyncio.create_task(house.watch())
        async with house.use("a") as old:
            registry.promote("a", say("new"), by="anna")
            await until(lambda: house._serving["a"] is not old)
            assert await heard(house, "a") == "new"
            assert old.engine.transcribe([NOISE])[0].text == "old"
            assert len(children()) == 2
        await until(lambda: len(children()) == 1)
        watching.cancel()
        house.close()

    asyncio.run(run())
    assert not children()


def test_an_engine_that_is_killed_is_started_again(registry):
    async def run():
        registry.promote("a", say("here"), by="anna")
        house = House(registry)
        assert await heard(house, "a") == "here"
        os.kill(children()[0], signal.SIGKILL)
        texts = []
        for _ in range(2):
            try:
                texts.append(await heard(house, "a"))
            except EngineError as error:
                texts.append("died" if "died" in error.message else error.message)
        assert texts in (["here", "here"], ["died", "here"])
        house.close()

    asyncio.run(run())


def test_the_studio_ends_what_nobody_uses(registry, monkeypatch):
    monkeypatch.setattr(houses, "WATCH_EVERY", 0.05)

    async def run():
        registry.promote("a", say("here"), by="anna")
        house = House(registry, idle=0.3)
        watching = asyncio.create_task(house.watch())
        await asyncio.sleep(0.2)
        assert not children()  # nobody has asked
        async with house.use("a"):
            await asyncio.sleep(0.6)
            assert len(children()) == 1
        await until(lambda: not children())
        assert await heard(house, "a") == "here"
        watching.cancel()
        house.close()

    asyncio.run(run())


def test_several_who_wait_for_one_engine_start_it_once(registry):
    async def run():
        registry.promote("a", say("here"), by="anna")
        house = House(registry)
        assert await asyncio.gather(*(heard(house, "a") for _ in range(5))) == ["here"] * 5
        assert len(children()) == 1
        house.close()

    asyncio.run(run())


def test_what_never_loaded_is_told_to_who_asks(registry):
    async def run():
        registry.promote("a", Target(model="models/none"), by="anna")
        house = House(registry)
        for _ in range(2):
            with pytest.raises(EngineError, match="none"):
                await heard(house, "a")
        with pytest.raises(AliasError, match="there is no model 'b'; this server has a"):
            await heard(house, "b")
        house.close()

    asyncio.run(run())


def test_what_could_answer_is_listed_bundles_first(registry, tmp_path):
    for name, text in {
        "old/checkpoint.json": '{"id": "1", "family": "nano"}',
        "onnx/bundle.json": '{"id": "2", "engine": "onnx"}',
        "half/checkpoint.json": "{",
        "newer/bundle.json": '{"id": "3", "engine": "of tomorrow"}',
    }.items():
        path = tmp_path / "models" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = [(one.target.name, one.kind) for one in candidates(tmp_path, [])]
    assert found == [("onnx", "bundle"), ("old", "checkpoint"), ("starter", "engine"), ("sphinx", "engine")]
