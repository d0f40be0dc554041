from __future__ import annotations

import os
import sys
from itertools import count

import jobs
import pytest

from idiolect.errors import MissingExtraError, PoolError
from idiolect.pools import POOLS, Job, Lost, PoolChoice, answers_of

# A cluster starts in 4 s, and in minutes where others have the machine.
pytestmark = pytest.mark.timeout(400)

CHOICES = [pytest.param(name, marks=pytest.mark.engine) if name == "ray" else pytest.param(name) for name in POOLS]


@pytest.fixture
def opened(request):
    """Two workers of each pool."""
    return lambda name: request.getfixturevalue("cluster") if name == "ray" else PoolChoice(name).open(2)


@pytest.mark.parametrize("name", CHOICES)
def test_answers_come_in_order_and_items_are_read_as_needed(opened, name):
    read = []

    def items():
        for number in range(20):
            read.append(number)
            yield number

    answers = opened(name).map(Job(jobs.power, (2,)), items())
    assert [next(answers), next(answers)] == [0, 1]
    assert len(read) < 10
    assert list(answers) == [number**2 for number in range(2, 20)]
    assert opened(name).elsewhere == ()


@pytest.mark.parametrize("name", CHOICES)
def test_nothing_to_do_is_done_at_once(opened, name):
    assert list(opened(name).map(Job(jobs.power, (2,)), [])) == []


@pytest.mark.parametrize("name", CHOICES)
def test_a_worker_that_cannot_be_made_says_why(opened, name):
    with pytest.raises(PoolError, match="no such model") as caught:
        list(opened(name).map(Job(jobs.unmade), [1, 2, 3]))
    assert caught.value.hint == "idiolect train"


def test_a_process_that_dies_ends_the_map(opened, tmp_path):
    with pytest.raises(PoolError, match="a process of the square died"):
        list(opened("processes").map(Job(jobs.fatal, (tmp_path, 3, False), "the square"), range(6)))


@pytest.mark.engine
def test_on_a_cluster_an_item_is_lost_only_with_its_second_worker(cluster, tmp_path):
    answers = list(cluster.map(Job(jobs.fatal, (tmp_path, 3, True)), range(8)))
    assert answers == [number**2 for number in range(8)]
    assert (tmp_path / "died").exists()
    answers = list(cluster.map(Job(jobs.fatal, (tmp_path, 3, False), "the square"), range(8)))
    assert answers[3] == Lost("2 workers of the square died with it")
    assert [one for place, one in enumerate(answers) if place != 3] == [n**2 for n in range(8) if n != 3]
    with pytest.raises(PoolError, match="2 workers"):
        list(answers_of(answers))


@pytest.mark.engine
def test_two_workers_of_a_cluster_work(cluster):
    seen = set()
    for process in cluster.map(Job(jobs.process_of), count()):
        seen.add(process)
        if len(seen) == 2:
            break
    assert os.getpid() not in seen


def test_choices_without_sense():
    with pytest.raises(PoolError, match="no engine pool 'spark'"):
        PoolChoice("spark")
    with pytest.raises(PoolError, match="has no address"):
        PoolChoice("processes", "10.0.0.1:6379")
    with pytest.raises(PoolError, match="0 workers"):
        PoolChoice().open(0)


def test_the_variable_names_the_cluster(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    assert PoolChoice("ray").cluster == "10.0.0.1:6379"
    assert PoolChoice("ray", "auto").cluster == "auto"
    assert not PoolChoice("processes").cluster


def test_without_ray_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"idiolect\[ray\]"):
        PoolChoice("ray").open(2)
