"""How long after the end of speech the text is there, and what a live session costs: orders spoken into a real server.

Each client plays clips at their own pace over a WebSocket, 100 ms at a time, with a pause after each. Printed: from the
last sample of speech (as the speech detector finds it in the clip) to the final text, with the pause of 0.5 s that ends
a turn in it; from its first sample to the first partial text; the server's and its engine's CPU time by audio time; and
how often that is what is heard in the whole file.

    .venv/bin/python bench/live.py --clips 24 --clients 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from idiolect.audio import decode, find_speech
from idiolect.engines import EngineOptions, create
from idiolect.project import Project
from idiolect.serving import Registry, Target, transcribe_file
from idiolect.tasks import load_task

ROOT = Path(__file__).resolve().parents[1]
CLIPS = ROOT / "../shared/data/barista/clips"
SAID = "conversation.item.input_audio_transcription"


@dataclass
class Heard:
    path: Path
    text: str
    after: float
    first: float | None
    partials: int
    meaning: tuple


def cpu_seconds(parent: int) -> float:
    """User and system seconds of a process and its children."""
    import os

    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == parent or int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def speak(url: str, paths: list[Path], out: list[Heard]) -> None:
    from websockets.sync.client import connect

    with connect(url, proxy=None) as client:
        client.recv()
        for path in paths:
            samples = decode(path)
            end = find_speech(samples)[-1].end
            stream = np.concatenate([samples[: round(end * 16_000)], np.zeros(16_000, np.float32)])
            data = (np.clip(stream, -1, 1) * 32767).astype("<i2").tobytes()
            began = time.perf_counter()
            got: list[tuple[float, dict]] = []

            def listen(got: list = got, began: float = began, end: float = end) -> None:
                while not got or got[-1][1]["type"] != f"{SAID}.completed" or got[-1][0] < end:
                    got.append((time.perf_counter() - began, json.loads(client.recv(timeout=60))))

            listener = threading.Thread(target=listen)
            listener.start()
            for number, at in enumerate(range(0, len(data), 3200)):
                time.sleep(max(0.0, began + (number + 1) * 0.1 - time.perf_counter()))  # a microphone's 100 ms
                client.send(data[at : at + 3200])
            listener.join()
            said = [event for _, event in got if event["type"] == f"{SAID}.completed"]
            partial = [at for at, event in got if event["type"] == f"{SAID}.delta"]
            started = find_speech(samples)[0].start
            out.append(
                Heard(
                    path,
                    " ".join(event["transcript"] for event in said),
                    got[-1][0] - end,
                    partial[0] - started if partial else None,
                    len(partial),
                    tuple((event["intent"], event["slots"]) for event in said),
                )
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--engine", default="starter")
    chosen = parser.parse_args()
    task_file = ROOT / "examples" / "coffee.yaml"
    paths = sorted(CLIPS.glob("*.flac"))[: chosen.clips]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "bench"
        Project.create(project).close()
        Registry(project).promote("coffee", Target(engine=chosen.engine, task=str(task_file)), by="bench")
        command = [sys.executable, "-m", "idiolect", "serve", "--project", str(project), "--port", "0", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            url = json.loads(server.stdout.readline())["url"].replace("http", "ws") + "/v1/realtime?rate=16000"
            speak(url, paths[:1], [])  # loads the engine
            before, began = cpu_seconds(server.pid), time.perf_counter()
            heard: list[Heard] = []
            clients = [
                threading.Thread(target=speak, args=(url, paths[number :: chosen.clients], heard))
                for number in range(chosen.clients)
            ]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            cost, wall = cpu_seconds(server.pid) - before, time.perf_counter() - began
            server.send_signal(2)
            server.wait()
    seconds = sum(len(decode(path)) / 16_000 + 1 for path in paths)
    task = load_task(task_file)
    engine = create(chosen.engine, EngineOptions(task=task))
    whole = {one.path: transcribe_file(engine, one.path, task=task) for one in heard}
    same = sum(one.text == whole[one.path].text for one in heard)
    alike = sum(one.meaning == ((whole[one.path].intent, whole[one.path].meaning()["slots"]),) for one in heard)
    after = np.array([one.after for one in heard]) * 1000
    first = np.array([one.first for one in heard if one.first is not None]) * 1000
    print(f"{len(heard)} orders, {chosen.clients} clients, {chosen.engine}, {seconds:.0f} s of audio in {wall:.0f} s")
    print(f"end of speech to final text: median {np.median(after):.0f} ms, p95 {np.percentile(after, 95):.0f} ms")
    print(f"start of speech to first partial: median {np.median(first):.0f} ms, p95 {np.percentile(first, 95):.0f} ms")
    print(f"partial texts per order: {np.mean([one.partials for one in heard]):.1f}")
    print(f"CPU seconds of server and engine per second of audio: {cost / seconds:.3f}")
    print(f"as the whole file is heard: {same} of {len(heard)} in the same words, {alike} with the same meaning")


if __name__ == "__main__":
    main()
