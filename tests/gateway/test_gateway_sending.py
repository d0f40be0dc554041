"""What goes out, what comes back, and what the ledger says of it, against a real server that misbehaves."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from idiolect.corpus import Sensitivity, State
from idiolect.errors import AnswerError, BudgetError, DestinationError, SentBeforeError
from idiolect.gateway import Gateway, Money, Request, Usage
from idiolect.units import Seconds

CENT = 10**7


def wanted(provider, body=b"sound", seconds=1.0, **more):
    choices = {"model": "m", "engine": "openai", "sensitivity": Sensitivity.SHAREABLE, "deadline": Seconds(3.0)}
    usage = Usage(audio=Seconds(seconds))
    return Request(provider.url + "/audio", "transcribe", body=body, usage=usage, **(choices | more))


def answers(*statuses):
    """Answer with each status in turn, then well."""
    turns = iter(statuses)

    def act(received, handler):
        status = next(turns, None)
        if status is None:
            handler.good(received)
        else:
            handler.answer(*status) if isinstance(status, tuple) else handler.answer(status, {})

    return act


def test_a_request_is_written_down_before_it_leaves_and_closed_after(cloud, corpus, door):
    rows = []

    def act(received, handler):
        rows.extend(corpus.ledger.rows())
        handler.good(received)

    cloud.act = act
    response = door.send(wanted(cloud, seconds=2.0))
    (before,) = rows
    (after,) = corpus.ledger.rows()
    assert (before.state, before.cost, before.forecast) == (State.OPEN, 20 * CENT, 20 * CENT)
    assert (after.state, after.cost, after.status, after.attempts) == (State.DONE, 20 * CENT, 200, 1)
    assert after.request_id == response.request_id == cloud.received[0].request_id
    assert after.payload == cloud.received[0].payload
    assert after.answered == f"theirs-{response.request_id[:6]}"
    assert after.url == cloud.url + "/audio"
    assert after.why == f"shareable may go as far as cloud; {after.destination} is cloud"
    assert json.loads(response.body)["text"].startswith("clip")


def test_429_waits_as_it_is_told_and_is_not_billed(cloud, corpus, door):
    cloud.act = answers((429, {}, {"Retry-After": "0.2"}), (503, {}, {"retry-after-ms": "50"}))
    begin = time.monotonic()
    door.send(wanted(cloud))
    assert time.monotonic() - begin >= 0.25
    (row,) = corpus.ledger.rows()
    assert (row.state, row.attempts, row.cost) == (State.DONE, 3, 10 * CENT)
    assert len({one.request_id for one in cloud.received}) == 1


def test_429_holds_every_worker_back(cloud, corpus, door):
    """One 429 is enough: the others wait with it, and do not each collect one."""
    arrived = []

    def act(received, handler):
        arrived.append((received.body, time.monotonic()))
        if received.body == b"first" and len(arrived) == 1:
            handler.answer(429, {}, {"Retry-After": "0.4"})
            held.set()
        else:
            handler.good(received)

    held = threading.Event()
    cloud.act = act
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(door.send, wanted(cloud, b"first"))
        assert held.wait(5)
        time.sleep(0.05)  # the answer reaches the client
        others = [pool.submit(door.send, wanted(cloud, f"{n}".encode())) for n in range(7)]
        for one in [first, *others]:
            one.result()
    assert len(arrived) == 9
    assert min(at for _, at in arrived[1:]) - arrived[0][1] >= 0.39


def test_a_wait_past_the_deadline_is_given_up_unbilled(cloud, corpus, door):
    cloud.act = answers((429, {"error": {"message": "slow down"}}, {"Retry-After": "60"}))
    with pytest.raises(AnswerError, match="429: slow down") as caught:
        door.send(wanted(cloud))
    assert caught.value.status == 429
    (row,) = corpus.ledger.rows()
    assert (row.state, row.cost) == (State.FAILED, 0)


def half(received, handler):
    handler.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"text": "half')


def hang(received, handler):
    time.sleep(1.0)


def drop(received, handler):
    handler.close_connection = True


def fail(received, handler):
    handler.answer(500, {"error": {"message": "oops"}})


@pytest.mark.parametrize("act", [half, hang, drop, fail])
def test_what_may_have_been_billed_stays_booked_and_is_not_sent_again(cloud, corpus, door, act):
    cloud.act = act
    request = wanted(cloud, deadline=Seconds(0.5))
    with pytest.raises(AnswerError, match=r"may have been billed \$0\.10") as caught:
        door.send(request)
    assert "idiolect ledger settle" in caught.value.command
    (row,) = corpus.ledger.rows()
    assert (row.state, row.cost) == (State.UNKNOWN, 10 * CENT)
    cloud.act = lambda received, handler: handler.good(received)
    with pytest.raises(SentBeforeError, match="may have been billed") as caught:
        door.send(request)
    assert "--resend" in caught.value.command
    assert len(cloud.received) == 1
    # A person says that it was not billed: the money is free again, and so is the request.
    assert [one.id for one in corpus.ledger.settle(billed=False)] == [row.id]
    assert door.send(request).status == 200
    assert sum(one.cost for one in corpus.ledger.rows()) == 10 * CENT


def test_resend_pays_again_and_books_both(cloud, corpus, door):
    cloud.act = half
    with pytest.raises(AnswerError):
        door.send(wanted(cloud))
    cloud.act = lambda received, handler: handler.good(received)
    again = Gateway(corpus, door._prices, cap=Money.of(1), resend=True)
    assert again.send(wanted(cloud)).status == 200
    assert corpus.ledger.booked() == 20 * CENT


def test_what_costs_nothing_is_tried_again(provider, corpus, door):
    """A server on this machine without a price: free, so it may be asked twice."""
    cloud = provider
    cloud.act = answers(500, 502)
    response = door.send(wanted(cloud, model="local", sensitivity=Sensitivity.PRIVATE))
    assert (response.status, response.cost, len(cloud.received)) == (200, Money(), 3)
    (row,) = corpus.ledger.rows()
    assert (row.reach, row.forecast, row.attempts) == ("loopback", 0, 3)


def test_a_redirect_is_not_followed(cloud, corpus, door, provider):
    cloud.act = answers((307, {}, {"Location": "https://elsewhere.example/v1/audio?key=1"}))
    with pytest.raises(DestinationError, match=r"sends on to https://elsewhere\.example;") as caught:
        door.send(wanted(cloud))
    assert "key=1" not in str(caught.value)
    (row,) = corpus.ledger.rows()
    assert (row.state, row.cost, row.status) == (State.FAILED, 0, 307)


def test_an_answer_that_was_paid_for_is_given_again_without_sending(cloud, corpus, door):
    first = door.send(wanted(cloud))
    second = Gateway(corpus, door._prices, cap=Money.of(1)).send(wanted(cloud))
    assert (second.body, second.cost, second.replayed) == (first.body, first.cost, True)
    assert corpus.ledger.booked() == 10 * CENT
    assert len(cloud.received) == len(corpus.ledger.rows()) == 1


def test_a_second_answer_on_the_connection_is_not_taken_for_the_next_request(cloud, corpus, door):
    numbers = count()

    def twice(received, handler):
        body = json.dumps({"text": f"answer {next(numbers)}"}).encode()
        one = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        handler.wfile.write(one + one)
        handler.wfile.flush()

    cloud.act = twice
    texts = [json.loads(door.send(wanted(cloud, f"{n}".encode())).body)["text"] for n in range(4)]
    assert texts == ["answer 0", "answer 1", "answer 2", "answer 3"]
    assert len(corpus.ledger.rows()) == 4


def test_a_bill_above_the_forecast_is_booked_and_stops_the_run(cloud, corpus, door):
    response = door.send(wanted(cloud, seconds=1.0))
    assert door.settle(response, Usage(audio=Seconds(1.0))) == Money(10 * CENT)
    second = door.send(wanted(cloud, b"two", seconds=1.0))
    assert door.settle(second, Usage(audio=Seconds(3.0))) == Money(30 * CENT)
    assert corpus.ledger.booked() == 40 * CENT
    assert "billed $0.30, forecast at most $0.10" in corpus.ledger.rows()[-1].note
    with pytest.raises(BudgetError, match="billed more than was forecast"):
        door.send(wanted(cloud, b"three"))
    assert len(cloud.received) == 2


def test_a_bill_below_the_forecast_frees_the_rest(cloud, corpus, door):
    response = door.send(wanted(cloud, seconds=9.0))
    with pytest.raises(BudgetError, match=r"cap of \$1\.00 per run does not cover \$0\.90 on top of the \$0\.90"):
        door.send(wanted(cloud, b"two", seconds=9.0))
    door.settle(response, Usage(audio=Seconds(1.0)))
    assert door.send(wanted(cloud, b"two", seconds=9.0)).cost == Money(90 * CENT)
    assert corpus.ledger.booked() == 100 * CENT


def test_an_answer_without_an_end_is_cut_off(cloud, corpus, door, monkeypatch):
    from idiolect.gateway import door as module
    from idiolect.gateway.transport import Transport

    monkeypatch.setattr(module, "Transport", lambda: Transport(largest=1000))
    cloud.act = lambda received, handler: handler.answer(200, b"x" * 5000)
    with pytest.raises(AnswerError, match="longer than 1000 bytes"):
        door.send(wanted(cloud))
    (row,) = corpus.ledger.rows()
    assert row.state is State.UNKNOWN


def test_nobody_there_is_tried_again_and_not_billed(cloud, corpus, door):
    cloud.stop()
    with pytest.raises(AnswerError, match="no connection"):
        door.send(wanted(cloud, deadline=Seconds(5.0)))
    (row,) = corpus.ledger.rows()
    assert (row.state, row.cost) == (State.FAILED, 0)


def test_proxies_of_the_environment_are_not_taken(cloud, door, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert door.send(wanted(cloud)).status == 200


def test_workers_together_cannot_pass_the_cap(cloud, corpus, door):
    """50 threads, 200 requests of a cent and a half, a dollar: 66 are answered, and the rest is refused unsent."""

    def one(number):
        try:
            return door.send(wanted(cloud, f"{number}".encode(), seconds=0.15, deadline=Seconds(20.0))).cost
        except BudgetError:
            return None

    with ThreadPoolExecutor(50) as pool:
        costs = list(pool.map(one, range(200)))
    paid = [cost for cost in costs if cost is not None]
    assert len(paid) == len(cloud.received) == 66
    assert corpus.ledger.booked() == sum(cost.nanodollars for cost in paid) == 99 * CENT
