"""The door: every request to another machine goes through `Gateway.send`, and every rule is asked there.

In this order: is idiolect offline? is the destination known, and how far is it (every answer of DNS is checked, and the
connection goes to a checked address)? may what is in the body travel that far? is the price known? does a cap cover the
forecast? Then a row is written in the ledger, then the request leaves, then the row is closed.

A request that costs something is never sent twice. Where it is known that nobody worked on it (no connection, 408, 429,
503) it is tried again; after a timeout, half an answer or another 5xx it may have been billed: its row stays booked as
``unknown``, and it is not sent again until a person says so. An answer that was paid for is kept in the ledger, and
given from there when the same request comes again.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from idiolect.corpus.ledger import Before, Closing, NewRow, Over, State
from idiolect.corpus.tables import now
from idiolect.corpus.values import Sensitivity
from idiolect.errors import BudgetError, GatewayError, InternalError, OfflineError, PriceError, SentBeforeError
from idiolect.gateway.answers import closing_of, error_of
from idiolect.gateway.delivery import Delivery, deliver
from idiolect.gateway.destinations import Address, name_of, read_url
from idiolect.gateway.keys import Secret, find_key
from idiolect.gateway.offline import VARIABLE, offline_asked
from idiolect.gateway.pace import Pace
from idiolect.gateway.policy import check_sensitivity, read_policy
from idiolect.gateway.reach import Place, Resolver, ask_dns, is_here, locate
from idiolect.gateway.transport import Answer, Outgoing, Transport
from idiolect.gateway.values import (
    FARTHEST,
    FREE,
    Forecast,
    Money,
    PriceRow,
    PriceSource,
    Reach,
    Request,
    Response,
    Usage,
)

if TYPE_CHECKING:
    from idiolect.corpus import Corpus

_OURS = frozenset(
    {"authorization", "api-key", "x-api-key", "host", "connection", "content-length", "transfer-encoding"}
)
"""Headers that no caller gives: a key is known by its name only, and the host is the one that was checked."""
_SLACK = timedelta(seconds=30)
"""After its deadline and so long, an open row is one that a crash left."""


@dataclass(frozen=True, slots=True)
class _Way:
    """What the rules found out about a request."""

    address: Address
    place: Place
    reach: Reach
    destination: str
    price: PriceRow | None
    why: str = ""
    sensitivity: Sensitivity = Sensitivity.PRIVATE


class Gateway:
    """The door of one project, for one run. Safe to share between threads; each process makes its own.

    corpus: what holds the ledger, the policy and the budget, and knows how far each clip may travel.
    cap: the most that this run may cost, beside the project's own caps.
    offline: nothing leaves this machine; ``IDIOLECT_OFFLINE`` says so too, and is not lifted by False.
    assume_yes: `confirm` asks nobody.
    resend: what a crash or a failure left may be sent, and paid, again.
    run: a name. A run of that name which was not finished goes on, and its cap with it.
    stated: how far audio may travel that is not in the store, as a person says; the store knows better what it holds.
    """

    def __init__(
        self,
        corpus: Corpus,
        prices: PriceSource,
        *,
        cap: Money | None = None,
        offline: bool = False,
        assume_yes: bool = False,
        resend: bool = False,
        run: str = "",
        stated: Sensitivity = Sensitivity.PRIVATE,
        resolve: Resolver = ask_dns,
    ) -> None:
        self.offline = offline or offline_asked()
        self.assume_yes = assume_yes
        self.run = corpus.ledger.begin_run(run) if run else uuid.uuid4().hex
        self._name = run
        self._corpus = corpus
        self._prices = prices
        self._cap = cap
        self._resend = resend
        self._stated = stated
        self._resolve = resolve
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._paces: dict[str, Pace] = {}
        self._surprises: dict[str, str] = {}

    def close(self, *, finished: bool = False) -> None:
        """Let go of the sockets. finished: the run is over; the next one of its name begins anew."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        if finished and self._name:
            self._corpus.ledger.end_run(self._name)

    def check(self, request: Request) -> None:
        """Ask every rule and send nothing. Raises the error of the first rule that refuses."""
        way = self._way(request)
        if request.key:
            find_key(request.key)
        over = self._corpus.ledger.look(self._entry(request, way, "", ""), run_cap=self._run_cap)
        if over is not None:
            raise self._over(over, self._cost(way.price, request.usage, batch=request.batch))

    def send(self, request: Request) -> Response:
        """Send it, once the rules allow it, and give the answer.

        Raises:
            GatewayError: a rule refused (its class says which), or there was no usable answer (`AnswerError`).
        """
        way = self._way(request)
        secret = find_key(request.key) if request.key else None
        identity, request_id = _identity(request, way.address), uuid.uuid4().hex
        new = self._entry(request, way, identity, request_id)
        reserved = self._corpus.ledger.reserve(new, run_cap=self._run_cap, resend=self._resend)
        if isinstance(reserved, Over):
            raise self._over(reserved, Money(new.forecast))
        if isinstance(reserved, Before):
            return replace(_replay(reserved, new), batch=request.batch)
        delivery = self._deliver(request, way, secret, new, reserved)
        closing = closing_of(delivery, Money(new.forecast), secret)
        self._corpus.ledger.close(reserved, closing)
        answer = delivery.answer
        if closing.state is not State.DONE or answer is None:
            raise error_of(delivery, closing, way.address, reserved)
        body = answer.body if secret is None else secret.hide_bytes(answer.body)
        return Response(
            answer.status,
            {name: text if secret is None else secret.hide(text) for name, text in answer.headers.items()},
            body,
            request_id,
            reserved,
            way.destination,
            request.model,
            Money(closing.cost),
            batch=request.batch,
        )

    def carry(self, request: Request, work: Callable[[], None]) -> int:
        """Ask the rules, write the row, and let somebody else's client do the work: for downloads, which cost nothing.

        work: raises where it fails. The number of the row.
        """
        new = self._entry(request, self._way(request), "", uuid.uuid4().hex)
        entry_id = self._corpus.ledger.reserve(new, run_cap=self._run_cap)
        if not isinstance(entry_id, int):
            raise InternalError(f"{request.purpose} costs nothing, and a cap refused it")
        state, note = State.FAILED, "interrupted"
        try:
            work()
            state, note = State.DONE, ""
        except GatewayError as error:
            note = error.message
            raise
        finally:
            self._corpus.ledger.close(entry_id, Closing(state, 0, note=note))
        return entry_id

    def settle(self, response: Response, usage: Usage) -> Money:
        """Book what the provider reports in place of the forecast, and give what that costs.

        More than the forecast is booked as well: it is what will be on the bill. Then nothing more goes to this
        destination in this run, since the next forecasts would be as wrong.
        """
        if response.replayed:
            return response.cost
        cost = FREE
        if response.cost:
            price = self._prices.find(response.destination, response.model)
            cost = self._cost(price, usage, batch=response.batch)
        note = ""
        if cost > response.cost:
            note = f"billed {cost}, forecast at most {response.cost}"
            with self._lock:
                self._surprises[response.destination] = note
        self._corpus.ledger.book(response.ledger_id, cost.nanodollars, asdict(usage), note)
        return cost

    def discard(self, response: Response) -> None:
        """Keep no copy of an answer that is of no use: to ask again is to pay again, and ``--resend`` may."""
        self._corpus.ledger.drop_answer(response.ledger_id)

    def adopt(self, request: Request, answer: bytes) -> Response:
        """Take an answer that was found out in another way for that of a request which a crash left open.

        Raises `SentBeforeError` where no such request is in the ledger.
        """
        address = read_url(request.url)
        row = self._corpus.ledger.adopt(_identity(request, address), answer)
        if row is None:
            raise SentBeforeError(f"the ledger knows no such request to {address.origin}")
        return Response(
            200, {}, answer, row.request_id, row.id, row.destination, row.model, Money(row.cost), batch=request.batch
        )

    def forecast(self, url: str, model: str, usages: Iterable[Usage], *, batch: bool = False) -> Forecast:
        """What requests of these usages would cost at most, or in a batch. Nothing is sent.

        Raises `OfflineError`, `DestinationError` and `PriceError`, as sending would.
        """
        way = self._route(url, model)
        wanted = list(usages)
        total = sum((self._cost(way.price, usage, batch=batch) for usage in wanted), FREE)
        return Forecast(way.destination, way.reach, model, len(wanted), sum(wanted, Usage()), total)

    def confirm(self, forecast: Forecast, ask: Callable[[str], bool] | None = None) -> None:
        """Let a person agree to what costs something. Raises `BudgetError` where nobody does.

        ask: shows a text and gives the answer; None: nobody can be asked.
        """
        if not forecast.money or self.assume_yes:
            return
        if ask is None:
            raise BudgetError(f"nobody confirmed a paid run: {forecast.text()}", hint="--yes confirms it")
        left = self.left()
        cap = "no cap is set" if left is None else f"the caps leave {left}"
        if not ask(f"{forecast.text()}; {cap}"):
            raise BudgetError("not confirmed; nothing was sent")

    def allowed_clips(self, url: str, clip_ids: Sequence[str]) -> set[str]:
        """Those of the clips that may travel as far as `url` is. Raises `OfflineError` and `DestinationError`."""
        way = self._route(url, "", priced=False)
        known = self._corpus.sensitivities(clip_ids)
        return {one for one, said in known.items() if _may(said, way)}

    def reach(self, url: str) -> Reach:
        """How far `url` is. Raises `OfflineError` and `DestinationError`."""
        return self._route(url, "", priced=False).reach

    def left(self) -> Money | None:
        """What the tightest cap leaves; None where no cap is set."""
        ledger = self._corpus.ledger
        caps: dict[str, int] = dict(ledger.budget())
        if (run_cap := self._run_cap) is not None:
            caps["run"] = min(run_cap, caps.get("run", run_cap))
        booked = {"run": {"run": self.run}, "day": {"day": now().date().isoformat()}, "project": {}}
        left = [cap - ledger.booked(**booked[name]) for name, cap in caps.items()]
        return Money(max(0, min(left))) if left else None

    @property
    def _run_cap(self) -> int | None:
        return None if self._cap is None else self._cap.nanodollars

    def _route(self, url: str, model: str, *, priced: bool = True) -> _Way:
        """The rules up to the price, without what is in the body."""
        address = read_url(url)
        if self.offline and not is_here(address.host):
            raise OfflineError(
                f"idiolect is offline, and {address.host} is not this machine",
                command=f"leave out --offline, and unset {VARIABLE} and the setting offline",
            )
        policy = read_policy(self._corpus)
        place = locate(address.host, address.port, self._resolve)
        reach = policy.reach(address, place)
        destination = name_of(address)
        price = self._prices.find(destination, model) if priced else None
        if priced and price is None and reach is Reach.CLOUD:
            raise _unknown_price(destination, model)
        return _Way(address, place, reach, destination, price)

    def _way(self, request: Request) -> _Way:
        if own := {name.lower() for name in request.headers} & _OURS:
            raise InternalError(f"{', '.join(sorted(own))} of a request is the gateway's to write; a key is named")
        # Nobody bills for a download, which sends nothing; it has no price to look up.
        free = request.purpose == "models" and not request.body
        way = self._route(request.url, request.model, priced=False)
        known = self._corpus.sensitivities(request.items) if request.items else {}
        strictest = _strictest(request.sensitivity, *(known.get(one, self._stated) for one in request.items))
        at_fault = tuple(one for one in request.items if known.get(one, self._stated) is strictest)
        why = check_sensitivity(strictest, way.reach, way.destination, at_fault)
        if not free:
            price = self._prices.find(way.destination, request.model)
            if price is None and way.reach is Reach.CLOUD:
                raise _unknown_price(way.destination, request.model)
            way = replace(way, price=price)
        if surprise := self._surprises.get(way.destination):
            raise BudgetError(
                f"{way.destination} billed more than was forecast ({surprise}): nothing more goes there in this run",
                hint="correct its price, then start again; idiolect ledger shows the row",
            )
        return replace(way, why=why, sensitivity=strictest)

    def _entry(self, request: Request, way: _Way, identity: str, request_id: str) -> NewRow:
        return NewRow(
            run=self.run,
            request_id=request_id,
            identity=identity,
            destination=way.destination,
            url=way.address.shown,
            reach=way.reach,
            purpose=request.purpose,
            engine=request.engine,
            model=request.model,
            sensitivity=way.sensitivity,
            why=way.why,
            payload=_hash(request.body),
            size=len(request.body),
            usage=asdict(request.usage),
            masked=request.masked,
            forecast=self._cost(way.price, request.usage, batch=request.batch).nanodollars,
            until=now() + timedelta(seconds=request.deadline) + _SLACK,
            items=request.items,
        )

    def _deliver(self, request: Request, way: _Way, secret: Secret | None, new: NewRow, entry_id: int) -> Delivery:
        headers = {**request.headers, "X-Client-Request-Id": new.request_id}
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret.value}"
        with self._lock:
            self._transport = transport = self._transport or Transport()
            pace = self._paces.setdefault(way.address.origin, Pace())

        outgoing = Outgoing(request.method, way.address, way.place.addresses, request.body, headers)

        def once(deadline: float) -> Answer:
            return transport.send(outgoing, deadline)

        try:
            return deliver(once, pace, time.monotonic() + request.deadline, paid=new.forecast > 0)
        except BaseException:
            # Ctrl-C, or a fault of ours: the request may be out there.
            self._corpus.ledger.close(entry_id, Closing(State.UNKNOWN, new.forecast, note="interrupted"))
            raise

    def _cost(self, price: PriceRow | None, usage: Usage, *, batch: bool = False) -> Money:
        if price is None:
            return FREE
        return price.cost(usage, batch=True) if batch else price.cost(usage)

    def _over(self, over: Over, forecast: Money) -> BudgetError:
        if not over.cap:
            return BudgetError(
                f"this would cost up to {forecast}, and no cap is set", command="idiolect budget --total 5.00"
            )
        limit, booked = Money(over.limit), Money(over.booked)
        enough = f"{(limit + forecast).dollars:.2f}"
        command = f"idiolect budget --{'total' if over.cap == 'project' else over.cap} {enough}"
        if over.cap == "run" and over.limit == self._run_cap:
            command = f"--cap {enough}"
        return BudgetError(
            f"the cap of {limit} per {over.cap} does not cover {forecast} on top of the {booked} that is booked",
            command=command,
            hint="idiolect ledger shows what was spent",
        )


def _replay(before: Before, new: NewRow) -> Response:
    """The answer that was paid for already. Raises `SentBeforeError` where there is none."""
    cost = Money(before.cost)
    if before.answer is not None:
        status = before.status or 200
        return Response(status, {}, before.answer, "", before.id, new.destination, new.model, cost, replayed=True)
    if not before.over:
        raise SentBeforeError(
            f"the same request is under way to {new.destination} (row {before.id} of the ledger)",
            hint="or was, in a run that was killed: idiolect ledger settle closes it once its time is over",
        )
    raise SentBeforeError(
        f"the same request went to {new.destination} before and may have been billed {cost} (row {before.id} of the "
        f"ledger, {before.state})",
        command="idiolect ledger settle --unbilled (the provider did not bill it), or --resend (pay again)",
    )


def _identity(request: Request, address: Address) -> str:
    """What makes two requests the same: method and address, and what the caller says, else headers and body."""
    given = sorted(f"{name.lower()}: {value}" for name, value in request.headers.items())
    what = [request.same_as] if request.same_as else given
    head = "\n".join((request.method, address.origin + address.target, *what))
    return _hash(head.encode() if request.same_as else head.encode() + b"\n\n" + request.body)


def _hash(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _strictest(*said: Sensitivity) -> Sensitivity:
    return min(said, key=list(Sensitivity).index)


def _may(sensitivity: Sensitivity, way: _Way) -> bool:
    return way.reach.width <= FARTHEST[sensitivity].width


def _unknown_price(destination: str, model: str) -> PriceError:
    return PriceError(
        f"nobody knows what {model or 'this'} costs at {destination}",
        hint="give its price: a row in the project's prices.toml",
    )
