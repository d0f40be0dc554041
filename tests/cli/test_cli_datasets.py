from __future__ import annotations

import json


def test_a_dataset_is_listed_accounted_for_and_written(idiolect, project):
    assert "nothing has been frozen yet" in idiolect("datasets", "list", "-p", project).out
    idiolect("freeze", "orders", "-p", project)
    (listed,) = idiolect("datasets", "list", "-p", project, "--json").json["datasets"]
    assert listed["names"] == ["orders"]
    assert sum(count for count, _ in listed["splits"].values()) == 12
    account = idiolect("datasets", "show", "-p", project, "--json").json["account"]
    assert {name for name, _ in account["speakers"]} == {f"voice{number}" for number in range(4)}
    shown = idiolect("datasets", "show", "orders", "-p", project).out
    assert "voice0" in shown
    assert "human" in shown
    done = idiolect("datasets", "export", "orders", "-p", project, "--json").json
    rows = [
        json.loads(line)
        for path in sorted((project / "exports" / "orders-jsonl").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert len(rows) == sum(done["clips"].values()) == 12
    assert idiolect("datasets", "show", "nothing", "-p", project).code == 1
