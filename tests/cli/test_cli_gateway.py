"""The commands of the gateway, and labeling through a server, as a user types them."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from fake_provider import Provider
from idiolect.gateway import offline_asked


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    monkeypatch.setenv("IDIOLECT_KEYS", str(tmp_path / "none"))
    monkeypatch.delenv("IDIOLECT_OFFLINE", raising=False)


@pytest.fixture
def provider():
    made = Provider().start()
    yield made
    made.stop()


@pytest.fixture
def label(idiolect, project, provider):
    # A cent for each second.
    host = provider.url.partition("://")[2].partition("/")[0]
    row = f'[[price]]\nprovider = "fake"\nmodel = "paid"\nhosts = ["{host}"]\nper_minute = 0.60\n'
    (Path(project) / "prices.toml").write_text(row)

    def run(*words, model="paid"):
        return idiolect(
            *("label", "-p", project, "--engine", "openai", "--with", f"url={provider.url}", "--with"),
            *(f"model={model}", "--json", *words),
        )

    return run


def test_a_server_on_this_machine_is_free_and_hears_private_clips(label, provider, idiolect, project):
    done = label(model="local")
    assert done.code == 0, done.err
    assert (done.json["labelled"], done.json["cost"], len(provider.received)) == (12, 0, 12)
    assert "loopback" in done.json["forecast"]
    assert label(model="local").json["already"] == 12
    assert len(provider.received) == 12
    (row,) = (
        json.loads(line) for line in idiolect("ledger", "-p", project, "--by", "engine", "--json").out.splitlines()
    )
    assert row == {"engine": "openai", "requests": 12, "seconds": 7.2, "cost": "0.00", "unfinished": 0}


def test_what_goes_to_a_server_is_sent_from_here_whatever_the_pool(label, provider):
    done = label("--engine-pool", "ray", "--ray-address", "203.0.113.1:6379", model="local")
    assert done.code == 0, done.err
    assert (done.json["labelled"], len(provider.received)) == (12, 12)


def test_from_refusal_to_labels_each_refusal_names_the_command_that_lifts_it(label, provider, idiolect, project):
    at = ("-p", project)
    assert idiolect("allow", provider.url, "--reach", "cloud", *at).code == 0
    refused = label("--yes")
    assert (refused.code, provider.received) == (1, [])
    assert "is private" in refused.err
    assert "to change it: idiolect sensitivity shareable --ids " in refused.err
    clip = refused.err.partition("--ids ")[2].split()[0]
    assert idiolect("sensitivity", "shareable", "--ids", clip, "--json", *at).json["recordings_changed"] == 1
    assert idiolect("sensitivity", "--json", *at).json == {"private": 11, "internal": 0, "shareable": 1}
    assert idiolect("sensitivity", "shareable", "--all", *at).code == 0
    # Nobody is at the terminal, and nobody said yes.
    refused = label()
    assert (refused.code, "nobody confirmed a paid run: 12 requests" in refused.err) == (1, True)
    assert "at most $0.072" in refused.err
    refused = label("--yes")
    assert (refused.code, "no cap is set" in refused.err, provider.received) == (1, True, [])
    assert label("--dry-run").json["pending"] == 12
    assert idiolect("budget", "--total", "0.05", *at).code == 0
    stopped = label("--yes")
    assert stopped.code == 1
    assert "the cap of $0.05 per project does not cover $0.006 on top of the $0.048 that is booked" in stopped.err
    assert len(provider.received) == 8
    assert idiolect("budget", "--total", "1", "--json", *at).json == {
        "caps": {"project": 1.0},
        "booked": {"day": 0.048, "project": 0.048},
    }
    done = label("--yes")
    assert (done.code, done.json["labelled"], done.json["already"]) == (0, 4, 8)
    assert done.json["cost"] == 0.024
    assert len(provider.received) == 12


def test_the_ledger_is_listed_summed_exported_and_settled(label, provider, idiolect, project, tmp_path):
    at = ("-p", project)
    first = iter([True])
    provider.act = lambda received, handler: (
        handler.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        if next(first, False)
        else handler.good(received)
    )
    done = label("--cap", "1", "--yes", "--jobs", "1")
    assert (done.code, done.json["labelled"], len(done.json["failed"])) == (0, 11, 1)
    assert "may have been billed $0.006" in done.json["failed"][0]["reason"]
    listed = idiolect("ledger", *at)
    assert "booked: $0.072; caps: none" in listed.out
    assert "rows that may have been billed: 1\n" in listed.out
    assert idiolect("ledger", "--csv", tmp_path / "spent.csv", *at).code == 0
    with (tmp_path / "spent.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["unknown", *["done"] * 11]
    assert {row["cost"] for row in rows} == {"0.006"}
    for by in ("engine", "model", "day", "destination", "purpose", "dataset"):
        (total,) = (json.loads(line) for line in idiolect("ledger", "--by", by, "--json", *at).out.splitlines())
        assert (total["requests"], total["cost"], total["unfinished"]) == (12, "0.072", 1)
    assert label("--cap", "1", "--yes").json["failed"][0]["reason"].count("--resend") == 1
    assert idiolect("ledger", "settle", *at).code == 2
    assert idiolect("ledger", "settle", "--unbilled", "--dry-run", "--json", *at).json["settled"] == [1]
    assert idiolect("ledger", "settle", "--unbilled", "--row", "1", *at).code == 0
    assert "booked: $0.066;" in idiolect("ledger", *at).out
    done = label("--cap", "1", "--yes")
    assert (done.json["labelled"], len(provider.received)) == (1, 13)


def test_a_wrong_key_stops_the_run_at_once(label, provider):
    provider.act = lambda received, handler: handler.answer(401, {"error": {"message": "no"}})
    done = label("--jobs", "2", model="local")
    assert (done.code, "answered 401: no" in done.err) == (1, True)
    assert len(provider.received) <= 4


def test_a_server_that_never_answers_is_not_asked_for_every_clip(label, provider):
    provider.act = lambda received, handler: handler.answer(400, {"error": {"message": "bad sound"}})
    done = label("--jobs", "2", model="local")
    assert (done.code, "clips in a row got no answer" in done.err) == (1, True)
    assert len(provider.received) < 12


def test_offline_is_hard_and_only_for_this_command_line(idiolect, project, label, provider, monkeypatch):
    words = ("label", "-p", project, "--engine", "openai", "--with", "url=openai", "--model", "whisper-1")
    for prefix in (("--offline",), ()):
        if not prefix:
            monkeypatch.setenv("IDIOLECT_OFFLINE", "1")
        done = idiolect(*prefix, *words)
        assert done.code == 1
        assert "idiolect is offline, and api.openai.com is not this machine" in done.err
    monkeypatch.delenv("IDIOLECT_OFFLINE")
    assert "IDIOLECT_OFFLINE" not in os.environ
    assert not offline_asked()
    with (project / "idiolect.toml").open("a") as file:
        file.write("offline = true\n")
    assert "idiolect is offline" in idiolect(*words).err
    assert label(model="local").json["labelled"] == 12


def test_what_is_allowed_is_listed_and_taken_back(idiolect, project):
    at = ("-p", project)
    assert idiolect("allow", "groq", "--json", *at).json == {
        "allowed": [{"name": "groq", "origin": "https://api.groq.com", "reach": "cloud"}]
    }
    assert "https://api.groq.com" in idiolect("allow", *at).out
    assert idiolect("allow", "groq", "--remove", *at).code == 0
    assert idiolect("allow", "--json", *at).json == {"allowed": []}
    assert idiolect("allow", "groq", "--remove", *at).code == 1
    assert idiolect("allow", "--remove", *at).code == 2


@pytest.mark.parametrize("words", [["--day", "ten"], ["--total", "-1"], ["--run", "nan"]])
def test_caps_that_have_no_sense(idiolect, project, words):
    done = idiolect("budget", *words, "-p", project)
    assert done.code == 1
    assert idiolect("budget", "--json", "-p", project).json["caps"] == {}


def test_a_model_is_fetched_once_the_hub_is_allowed(idiolect, project, monkeypatch):
    from idiolect.gateway import hub, policy

    fetched = []
    monkeypatch.setattr(
        hub, "fetch", lambda door, name: fetched.append((name, policy.read_policy(door._corpus).allowed[0].name))
    )
    assert idiolect("allow", "huggingface", "--fetch", "openai/whisper-tiny", "-p", project).code == 0
    assert fetched == [("openai/whisper-tiny", "huggingface")]


def test_the_hub_is_asked_only_where_the_project_allows_it(idiolect, project):
    refused = idiolect("--offline", "allow", "--fetch", "openai/whisper-tiny", "-p", project)
    assert (refused.code, "idiolect is offline, and huggingface.co" in refused.err) == (1, True)
    assert idiolect("ledger", "--json", "-p", project).out == ""
