"""The rules, each by itself and in their order."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import replace

import pytest
from fake_provider import Provider

from idiolect.corpus import Entry, ImportOptions, Sensitivity, import_entries
from idiolect.errors import (
    AnswerError,
    BudgetError,
    DestinationError,
    OfflineError,
    PriceError,
    SecretError,
    SensitivityError,
)
from idiolect.gateway import Gateway, Money, Reach, Request, Usage
from idiolect.gateway.destinations import KNOWN, read_url
from idiolect.gateway.policy import Allowed, Policy, allow, disallow, read_policy
from idiolect.gateway.reach import Place, is_here, locate, reach_of
from idiolect.units import Seconds


class Free:
    def find(self, destination, model):
        return None


class Cent:
    """Everything costs a cent."""

    def find(self, destination, model):
        return self

    def cost(self, usage, requests=1):
        return Money.of("0.01")


def shareable(url, **more):
    return Request(url, "transcribe", sensitivity=Sensitivity.SHAREABLE, deadline=Seconds(2.0), **more)


def at(*addresses):
    return lambda host, port: addresses


def never(host, port):
    raise AssertionError(f"DNS was asked for {host}")


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("10.1.2.3", "private-network"),
        ("172.31.0.1", "private-network"),
        ("192.168.1.5", "private-network"),
        ("fd12::1", "private-network"),
        ("::ffff:10.0.0.1", "private-network"),
        ("172.32.0.1", "cloud"),
        ("8.8.8.8", "cloud"),
        ("100.64.0.1", "cloud"),
        ("203.0.113.9", "cloud"),
        ("2001:db8::1", "cloud"),
        ("::ffff:8.8.8.8", "cloud"),
        ("64:ff9b::7f00:1", "cloud"),
    ],
)
def test_how_far_an_address_is(address, reach):
    assert reach_of(address) == reach


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "169.254.169.254", "fe80::1", "224.0.0.1", "::ffff:169.254.1.1"])  # noqa: S104
def test_addresses_that_are_no_destination(address):
    with pytest.raises(DestinationError, match="no place to send"):
        reach_of(address)


def test_the_widest_of_all_answers_counts():
    assert locate("box", 80, at("10.0.0.1", "127.0.0.1")).reach is Reach.PRIVATE_NETWORK
    assert locate("box", 80, at("127.0.0.1", "8.8.8.8")) == Place(("127.0.0.1", "8.8.8.8"), Reach.CLOUD)
    with pytest.raises(DestinationError, match=r"169\.254"):
        locate("box", 80, at("8.8.8.8", "169.254.169.254"))
    with pytest.raises(DestinationError, match="no address"):
        locate("box", 80, at())


def test_localhost_is_here_without_dns():
    assert locate("localhost", 80, never).reach is Reach.LOOPBACK
    assert locate("api.localhost", 80, never).reach is Reach.LOOPBACK
    assert not is_here("localhost.example")


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1"])
def test_other_spellings_of_an_address_are_read_by_what_they_resolve_to(host):
    assert locate(host, 80).reach is Reach.LOOPBACK


@pytest.mark.parametrize("url", ["ftp://x/", "file:///etc/passwd", "http://", "x", "http://[::1", "http://a:b@c/", ""])
def test_urls_that_are_none(url):
    with pytest.raises(DestinationError) as caught:
        read_url(url)
    assert ":b@" not in str(caught.value)


def test_the_query_is_not_shown():
    address = read_url("HTTPS://API.Example.com:443/v1/x?key=secret")
    assert (address.origin, address.shown) == ("https://api.example.com", "https://api.example.com/v1/x")
    assert address.target == "/v1/x?key=secret"


def test_known_clouds_are_clouds_with_tls():
    for name, known in KNOWN.items():
        assert read_url(known.url).scheme == "https", name
        assert known.key.isupper(), name


def test_offline_comes_first_and_asks_no_dns(corpus):
    door = Gateway(corpus, Free(), offline=True, resolve=never)
    for url in ("https://api.openai.com/v1", "http://192.168.1.5/v1", "http://box.example/"):
        with pytest.raises(OfflineError) as caught:
            door.send(shareable(url))
        assert "--offline" in caught.value.command
    assert corpus.ledger.rows() == []


@pytest.mark.parametrize("value", ["1", "true", "yes", "on"])
def test_the_variable_is_hard(corpus, monkeypatch, value):
    monkeypatch.setenv("IDIOLECT_OFFLINE", value)
    with pytest.raises(OfflineError):
        Gateway(corpus, Free(), offline=False, resolve=never).check(shareable("https://api.openai.com/v1"))


def test_offline_still_reaches_this_machine(corpus, provider):
    door = Gateway(corpus, Free(), offline=True, resolve=never)
    assert door.send(replace(shareable(provider.url), sensitivity=Sensitivity.PRIVATE)).status == 200


def test_a_cloud_that_nobody_allowed(corpus):
    door = Gateway(corpus, Free(), resolve=at("104.18.0.1"))
    with pytest.raises(DestinationError, match="does not allow") as caught:
        door.send(shareable("https://api.openai.com/v1/x"))
    assert caught.value.command == "idiolect allow openai"
    with pytest.raises(DestinationError) as caught:
        door.send(shareable("https://speech.example:8443/v1/x"))
    assert caught.value.command == "idiolect allow https://speech.example:8443"


def test_allowed_then_taken_back_holds_at_once(corpus):
    door = Gateway(corpus, Free(), resolve=at("104.18.0.1"))
    assert allow(corpus, "openai") == Allowed("openai", "https://api.openai.com", Reach.CLOUD)
    allow(corpus, "openai")
    assert len(read_policy(corpus).allowed) == 1
    with pytest.raises(PriceError):
        door.check(shareable("https://api.openai.com/v1/x"))
    disallow(corpus, "https://api.openai.com/v1")
    with pytest.raises(DestinationError, match="does not allow"):
        door.check(shareable("https://api.openai.com/v1/x"))
    with pytest.raises(DestinationError, match="not allowed anyway"):
        disallow(corpus, "openai")
    with pytest.raises(DestinationError, match="no destination 'opnai'"):
        allow(corpus, "opnai")


def test_allowing_one_port_allows_no_other():
    policy = Policy((Allowed("x", "https://x.example", Reach.CLOUD),))
    assert policy.reach(read_url("https://x.example/v1"), Place(("8.8.8.8",), Reach.CLOUD)) is Reach.CLOUD
    for other in ("https://x.example:8443/", "https://y.x.example/", "https://x.example.evil.example/"):
        with pytest.raises(DestinationError):
            policy.reach(read_url(other), Place(("8.8.8.8",), Reach.CLOUD))


def test_a_name_that_was_near_and_resolves_elsewhere_is_refused(corpus):
    allow(corpus, "http://box.lan:8000", find=lambda host, port: locate(host, port, at("192.168.1.9")))
    door = Gateway(corpus, Free(), resolve=at("93.184.216.34"))
    with pytest.raises(DestinationError, match=r"allowed as private-network and is at 93\.184\.216\.34: cloud"):
        door.send(shareable("http://box.lan:8000/v1"))
    with pytest.raises(DestinationError, match="allowed as loopback and is at"):
        allow(
            corpus,
            "http://box.lan:8000",
            reach=Reach.LOOPBACK,
            find=lambda *_: Place(("10.0.0.1",), Reach.PRIVATE_NETWORK),
        )


def test_a_cloud_needs_tls(corpus):
    allow(corpus, "http://speech.example", reach=Reach.CLOUD)
    with pytest.raises(DestinationError, match="without TLS"):
        Gateway(corpus, Free(), resolve=at("93.184.216.34")).check(shareable("http://speech.example/v1"))


def test_the_connection_goes_to_the_address_that_was_checked(corpus, provider):
    """DNS rebinding: the first answer is this machine, all later ones are elsewhere. Nobody asks for a later one."""
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["203.0.113.66"]

    door = Gateway(corpus, Free(), resolve=rebinding)
    url = f"http://rebind.example:{provider.server_port}/v1"
    assert door.send(replace(shareable(url), sensitivity=Sensitivity.PRIVATE)).status == 200
    assert asked == ["rebind.example"]
    assert provider.received[0].headers["Host"] == f"rebind.example:{provider.server_port}"
    with pytest.raises(DestinationError, match="does not allow"):
        door.send(shareable(url))
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    ("sensitivity", "address", "allowed"),
    [
        ("private", "127.0.0.1", True),
        ("private", "10.0.0.1", False),
        ("private", "93.184.216.34", False),
        ("internal", "127.0.0.1", True),
        ("internal", "10.0.0.1", True),
        ("internal", "93.184.216.34", False),
        ("shareable", "127.0.0.1", True),
        ("shareable", "10.0.0.1", True),
        ("shareable", "93.184.216.34", True),
    ],
)
def test_how_far_each_sensitivity_goes(corpus, sensitivity, address, allowed):
    allow(corpus, "https://speech.example", reach=Reach.CLOUD)
    url = "https://speech.example/v1" if address.startswith("93") else f"http://{address}/v1"
    door = Gateway(corpus, Cent() if address.startswith("93") else Free(), cap=Money.of(1), resolve=at(address))
    request = Request(url, "transcribe", sensitivity=Sensitivity(sensitivity))
    if allowed:
        door.check(request)
    else:
        with pytest.raises(SensitivityError, match=f"the text is {sensitivity}") as caught:
            door.send(request)
        assert caught.value.command.startswith("idiolect sensitivity ")
    assert corpus.ledger.rows() == []


@pytest.fixture
def two_clips(corpus, tmp_path):
    """A private and a shareable clip in the store; their ids in that order."""
    import numpy as np

    from idiolect.audio import write_wav

    for number, sensitivity in enumerate((Sensitivity.PRIVATE, Sensitivity.SHAREABLE)):
        noise = np.random.default_rng(number).standard_normal(3200).astype(np.float32) / 10
        write_wav(tmp_path / f"{number}.wav", noise)
        entry = Entry(audio=tmp_path / f"{number}.wav", where="here", text="x", start=0.0, end=0.2, speaker="me")
        import_entries(corpus, [entry], ImportOptions(sensitivity=sensitivity))
    by = {clip.recording.sensitivity: clip.id for clip in corpus.clips()}
    return by[Sensitivity.PRIVATE], by[Sensitivity.SHAREABLE]


def test_the_store_says_how_far_a_clip_goes_whatever_the_caller_says(corpus, two_clips, cloud):
    private, shared = two_clips
    door = Gateway(corpus, Cent(), cap=Money.of(1))
    assert door.send(shareable(cloud.url, items=(shared,))).status == 200
    for items in ((private,), (shared, private), ("f" * 32,)):
        with pytest.raises(SensitivityError) as caught:
            door.send(shareable(cloud.url + "/other", items=items))
        assert items[-1] in str(caught.value) or len(items) > 1
    assert door.allowed_clips(cloud.url, [private, shared, "f" * 32]) == {shared}
    assert len(cloud.received) == 1
    assert corpus.ledger.rows()[0].items == (shared,)
    # The command that the refusal names lifts it; and back again.
    assert corpus.set_sensitivity(Sensitivity.SHAREABLE, ids=[private[:12]], dry_run=True) == 1
    assert corpus.set_sensitivity(Sensitivity.SHAREABLE, ids=[private[:12]]) == 1
    door.check(shareable(cloud.url + "/other", items=(private,)))
    assert corpus.set_sensitivity(Sensitivity.PRIVATE) == 2
    with pytest.raises(SensitivityError):
        door.check(shareable(cloud.url + "/other", items=(shared,)))


def test_an_unknown_price_refuses_before_anything_is_sent(corpus, cloud):
    with pytest.raises(PriceError, match="nobody knows what whisper costs") as caught:
        Gateway(corpus, Free(), cap=Money.of(1)).send(shareable(cloud.url, model="whisper"))
    assert "prices.toml" in str(caught.value)
    assert (cloud.received, corpus.ledger.rows()) == ([], [])


def test_without_a_cap_nothing_that_costs_is_sent(corpus, cloud):
    with pytest.raises(BudgetError, match="no cap is set") as caught:
        Gateway(corpus, Cent()).send(shareable(cloud.url))
    assert caught.value.command.startswith("idiolect budget")
    assert (cloud.received, corpus.ledger.rows()) == ([], [])


@pytest.mark.parametrize("cap", ["run", "day", "project"])
def test_each_cap_of_the_budget_holds(corpus, cloud, cap):
    corpus.ledger.set_budget({"run": 10**9, "day": 10**9, "project": 10**9, cap: 25 * 10**6})
    door = Gateway(corpus, Cent())
    for number in range(2):
        door.send(shareable(f"{cloud.url}/{number}"))
    assert door.left() == Money.of("0.005")
    with pytest.raises(BudgetError, match=rf"cap of \$0\.025 per {cap} does not cover \$0\.01") as caught:
        door.send(shareable(f"{cloud.url}/2"))
    assert caught.value.command == f"idiolect budget --{cap} 0.04"
    with pytest.raises(BudgetError):
        door.check(shareable(f"{cloud.url}/2"))
    assert len(cloud.received) == 2
    corpus.ledger.set_budget({cap: None})
    door.send(shareable(f"{cloud.url}/2"))


def test_a_run_that_was_not_finished_goes_on_with_its_cap(corpus, cloud):
    cap = Money.of("0.02")
    first = Gateway(corpus, Cent(), cap=cap, run="label")
    first.send(shareable(f"{cloud.url}/0"))
    first.close()
    second = Gateway(corpus, Cent(), cap=cap, run="label")
    second.send(shareable(f"{cloud.url}/1"))
    with pytest.raises(BudgetError):
        second.send(shareable(f"{cloud.url}/2"))
    second.close(finished=True)
    Gateway(corpus, Cent(), cap=cap, run="label").send(shareable(f"{cloud.url}/2"))


def test_a_paid_run_is_confirmed_or_refused(corpus, cloud):
    door = Gateway(corpus, Cent(), cap=Money.of("0.05"))
    forecast = door.forecast(cloud.url, "m", [Usage(audio=Seconds(30.0))] * 3)
    assert (forecast.money, forecast.requests, forecast.usage.audio) == (Money.of("0.03"), 3, 90.0)
    shown = []
    door.confirm(forecast, lambda text: shown.append(text) is None)
    assert "at most $0.03; the caps leave $0.05" in shown[0]
    with pytest.raises(BudgetError, match="not confirmed"):
        door.confirm(forecast, lambda text: False)
    with pytest.raises(BudgetError, match="nobody confirmed"):
        door.confirm(forecast)
    Gateway(corpus, Cent(), assume_yes=True).confirm(forecast)
    Gateway(corpus, Free()).confirm(replace(forecast, money=Money()))


KEY = "sk-do-not-tell-anybody-1234"


def everything_in(corpus):
    corpus.close()
    return b"".join(path.read_bytes() for path in corpus.folder.rglob("*") if path.is_file())


def test_a_key_reaches_the_header_and_nothing_else(corpus, cloud, monkeypatch, capfd):
    monkeypatch.setenv("MY_KEY", KEY)
    told = f"Incorrect API key provided: {KEY}. Bearer {KEY}"
    turns = iter([(401, {"error": {"message": told}}, {"x-request-id": KEY}), (200, {"text": told})])
    cloud.act = lambda received, handler: handler.answer(*next(turns))
    door = Gateway(corpus, Cent(), cap=Money.of(1))
    with pytest.raises(AnswerError, match=r"Incorrect API key provided: \[MY_KEY\]") as caught:
        door.send(shareable(cloud.url, key="MY_KEY"))
    assert caught.value.status == 401
    response = door.send(shareable(cloud.url, key="MY_KEY"))
    assert [one.headers["Authorization"] for one in cloud.received] == [f"Bearer {KEY}"] * 2
    said = [str(caught.value), repr(caught.value), repr(response.body), repr(corpus.ledger.rows()), *capfd.readouterr()]
    assert not [text for text in said if KEY in text]
    assert KEY.encode() not in everything_in(corpus)


def test_where_keys_come_from(tmp_path, monkeypatch):
    from idiolect.gateway.keys import find_key

    path = tmp_path / "keys"
    path.write_text(f"# mine\nA_KEY = '{KEY}'\nOTHER=x\n")
    path.chmod(0o600)
    known = {"IDIOLECT_KEYS": str(path)}
    assert find_key("A_KEY", known).value == KEY
    assert find_key("A_KEY", known | {"A_KEY": "from-the-environment"}).value == "from-the-environment"
    assert KEY not in repr(find_key("A_KEY", known))
    with pytest.raises(SecretError, match="no key NONE") as caught:
        find_key("NONE", known)
    assert "chmod 600" in str(caught.value)
    path.chmod(0o640)
    with pytest.raises(SecretError, match=r"mode 0640") as caught:
        find_key("A_KEY", known)
    assert KEY not in str(caught.value)
    with pytest.raises(SecretError) as caught:
        find_key(KEY, known)
    assert KEY not in str(caught.value)
    with pytest.raises(SecretError, match="line end"):
        find_key("B", {"B": "x\ny", "IDIOLECT_KEYS": str(tmp_path / "none")})


def test_a_keyring_is_asked_last(tmp_path, monkeypatch):
    import sys
    from types import ModuleType

    from idiolect.gateway.keys import find_key

    ring = ModuleType("keyring")  # a fake of the package, which is not installed here
    ring.get_password = lambda service, name: KEY if (service, name) == ("idiolect", "A_KEY") else None
    monkeypatch.setitem(sys.modules, "keyring", ring)
    none = {"IDIOLECT_KEYS": str(tmp_path / "none")}
    assert find_key("A_KEY", none).value == KEY
    with pytest.raises(SecretError):
        find_key("B_KEY", none)


def test_a_key_that_is_missing_refuses_before_anything_is_written(corpus, cloud):
    with pytest.raises(SecretError):
        Gateway(corpus, Cent(), cap=Money.of(1)).send(shareable(cloud.url, key="NO_SUCH_KEY"))
    assert (cloud.received, corpus.ledger.rows()) == ([], [])


@pytest.fixture
def certificate(tmp_path):
    """A certificate for ``speech.example`` that nobody signed but itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    made = (tmp_path / "certificate.pem", tmp_path / "key.pem")
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=speech.example -addext subjectAltName=DNS:speech.example"
    )
    command = ["openssl", *words.split(), "-out", made[0], "-keyout", made[1]]
    subprocess.run(command, check=True, capture_output=True)
    return made


def test_tls_is_verified_for_the_name(corpus, certificate, monkeypatch):
    server = Provider()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.start()
    try:

        def send(host):
            url = f"https://{host}:{server.server_port}/v1"
            request = replace(shareable(url), sensitivity=Sensitivity.PRIVATE)
            return Gateway(corpus, Free(), resolve=at("127.0.0.1")).send(request)

        with pytest.raises(AnswerError, match="CERTIFICATE_VERIFY_FAILED"):
            send("speech.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert send("speech.example").status == 200
        with pytest.raises(AnswerError, match="CERTIFICATE_VERIFY_FAILED"):
            send("other.example")
        assert len(server.received) == 1
    finally:
        server.stop()


def test_the_next_address_is_tried_where_one_takes_no_connection(corpus, provider):
    with socket.socket() as closed:
        closed.bind(("127.0.0.2", 0))
    door = Gateway(corpus, Free(), resolve=at("127.0.0.2", "127.0.0.1"))
    url = f"http://two.example:{provider.server_port}/v1"
    assert door.send(replace(shareable(url), sensitivity=Sensitivity.PRIVATE)).status == 200


def test_money():
    assert str(Money.of("1")) == "$1.00"
    assert Money.of("0.0000000001") == Money(1)
    assert [str(Money(n)) for n in (0, 1, 10**7, 123 * 10**7, -5 * 10**8)] == [
        "$0.00", "$0.000000001", "$0.01", "$1.23", "-$0.50",
    ]  # fmt: skip
    assert sum([Money.of("0.1")] * 10, Money()) == Money.of(1)
    for wrong in ("ten", "", "nan", "inf"):
        with pytest.raises(ValueError, match="no amount"):
            Money.of(wrong)


def test_threads_see_one_transport(corpus, provider):
    door = Gateway(corpus, Free())
    threads = [
        threading.Thread(target=door.send, args=(Request(f"{provider.url}/{n}", "transcribe"),)) for n in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(provider.received) == 8
