"""The page that records, in Firefox: driven by Marionette, a socket and JSON, so that nothing need be installed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager

import numpy as np
import pytest

from idiolect.audio import decode
from idiolect.corpus import Corpus

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
PULSE = shutil.which("pulseaudio")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not (FIREFOX and PULSE), reason="no Firefox here: apt-get install firefox-esr pulseaudio"),
]
PREFERENCES = {
    "media.navigator.streams.fake": True,  # a tone of 1 kHz in place of a microphone
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "intl.accept_languages": "en-US",
}
PATIENCE = 90
ESCAPES = {"Space": " ", "Enter": "\ue007"}


class Firefox:
    """One window; each call is a command of Marionette and its answer."""

    def __init__(self, folder, server):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (folder / "user.js").write_text("\n".join([*lines, f'user_pref("marionette.port", {port});']))
        command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
        environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": server}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                break
            except OSError:
                assert time.monotonic() < end, "Firefox did not come up"
                time.sleep(0.5)
        self.stream = self.socket.makefile("rb")
        self._read()
        self.number = 0
        self("WebDriver:NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "accept"}})

    def __call__(self, command, **parameters):
        self.number += 1
        said = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(f"{len(said)}:".encode() + said)
        _, _, error, answer = self._read()
        assert error is None, error
        return answer

    def _read(self):
        length = b""
        while (digit := self.stream.read(1)) != b":":
            length += digit
        return json.loads(self.stream.read(int(length)))

    def run(self, script):
        return self("WebDriver:ExecuteScript", script=f"return {script}", args=[])["value"]

    def until(self, script):
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.2)

    def press(self, key):
        value = ESCAPES.get(key, key)
        keys = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def close(self):
        self.stream.close()
        self.socket.close()
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def nothing_to_hear(folder):
    """A sound server whose output swallows everything: without one, Firefox starts no audio context."""
    address = folder / "pulse.socket"
    command = [PULSE, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-L", "module-null-sink"]
    command += ["-L", f"module-native-protocol-unix auth-anonymous=1 socket={address}"]
    environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE
        while not address.exists():
            assert process.poll() is None, "pulseaudio did not come up"
            assert time.monotonic() < end
            time.sleep(0.2)
        yield f"unix:{address}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def firefox(tmp_path):
    (tmp_path / "profile").mkdir()
    with nothing_to_hear(tmp_path) as server:
        made = Firefox(tmp_path / "profile", server)
        yield made
        made.close()


def test_firefox_records_a_prompt_and_finds_a_closed_tab_again(firefox, studio, project):
    firefox("WebDriver:Navigate", url=studio.url.replace("/?", "/record?"))
    firefox.run("document.querySelector('#speaker').value = 'dora'")
    firefox.run("document.querySelector('#consent').click()")
    firefox.run("document.querySelector('#setup button').click()")
    firefox.until("document.querySelector('#stage').dataset.phase === 'ready'")
    text = firefox.run("document.querySelector('#prompt').textContent")
    firefox.press("Space")
    firefox.until("parseFloat(document.querySelector('#time').textContent) > 2")
    firefox.press("Space")
    firefox.until("document.querySelector('#verdict .note')")
    firefox.press("Enter")
    firefox.until("document.querySelector('#saved').textContent.startsWith('Kept')")
    with Corpus.open(project.folder) as corpus:
        clip = next(clip for clip in corpus.clips() if clip.recording.speaker == "dora")
        assert corpus.reference(clip.id).text == text
        samples = decode(project.folder / clip.recording.path)
    assert len(samples) > 32_000
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(power) * 16_000 / len(samples) == pytest.approx(1000, abs=5)  # its tone, at its pitch
    later = firefox.run("document.querySelector('#prompt').textContent")
    assert later != text
    firefox.press("Space")
    firefox.until("parseFloat(document.querySelector('#time').textContent) > 1.5")
    firefox("WebDriver:Navigate", url=studio.base + "/")
    firefox("WebDriver:Navigate", url=studio.base + "/record")
    firefox.until("document.querySelector('#takes li')")
    assert firefox.run("document.querySelector('#takes .clip-text').textContent") == later
