"""What may be read on other machines of a cluster: by sensitivity, and nothing while idiolect is offline."""

from __future__ import annotations

import pytest

from idiolect.corpus import Recording, Sensitivity
from idiolect.corpus.travel import check_travel
from idiolect.errors import CorpusError
from idiolect.pools import PoolChoice
from idiolect.project import Project
from idiolect.units import Hertz, Seconds


def recording(sensitivity):
    return Recording("0" * 32, "a.flac", True, Seconds(1.0), Hertz(16000), 1, sensitivity=sensitivity)


SHAREABLE = recording(Sensitivity.SHAREABLE)


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)


def test_each_goes_as_far_as_it_may():
    internal, private = recording(Sensitivity.INTERNAL), recording(Sensitivity.PRIVATE)
    check_travel([private], [])
    check_travel([internal, SHAREABLE], ["10.0.0.7", "192.168.1.2"])
    check_travel([SHAREABLE], ["203.0.113.1"])
    for one, machine in ((private, "10.0.0.7"), (internal, "203.0.113.1"), (internal, "no address")):
        with pytest.raises(CorpusError, match="may not be read on"):
            check_travel([one], [machine])


def test_nothing_leaves_while_offline_by_the_variable_or_by_the_setting(monkeypatch):
    with pytest.raises(CorpusError, match="idiolect is offline"):
        check_travel([SHAREABLE], ["10.0.0.7"], offline=True)
    check_travel([SHAREABLE], [], offline=True)
    monkeypatch.setenv("IDIOLECT_OFFLINE", "1")
    with pytest.raises(CorpusError, match="idiolect is offline"):
        check_travel([SHAREABLE], ["10.0.0.7"])


def test_a_project_hands_its_setting_to_every_pool(tmp_path):
    choice = PoolChoice("ray", "10.0.0.7:6379")
    with Project.create(tmp_path / "a", offline=True) as offline, Project.create(tmp_path / "b") as online:
        assert offline.pool(choice).offline
        assert not online.pool(choice).offline
        assert online.pool(PoolChoice("ray", "10.0.0.7:6379", offline=True)).offline
