"""Eight browsers that save and submit without pause, and write down what was acknowledged."""

import json
import random
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from queue import Empty, Queue
from typing import Any

PATIENCE_S = 5
PAUSE_S = 0.02
PIN = "4826"
SAVED_AT_ONCE = 4
TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')
COME_AGAIN = {429, 502, 503}
UNREACHABLE = (urllib.error.URLError, HTTPException, OSError)
Answers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Way:
    """One ticket as its student knows it."""

    ticket_id: int
    code: str
    check: str
    items: tuple[tuple[str, str], ...]


@dataclass
class Ledger:
    """What the server said it had kept: value and seq by ticket and item, receipt by ticket."""

    answers: dict[int, Answers] = field(default_factory=dict)
    receipts: dict[int, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, ticket_id: int, sent: Answers, acked: Mapping[str, Any]) -> None:
        """Note the answers of one request whose seq came back."""
        with self.lock:
            self.count += 1
            kept = self.answers.setdefault(ticket_id, {})
            for key, items in sent.items():
                for item, answer in items.items():
                    if acked.get(key, {}).get(item) == answer["seq"]:
                        kept.setdefault(key, {})[item] = answer

    def receive(self, ticket_id: int, receipt: str) -> None:
        """Note a receipt; a second one must be the same."""
        with self.lock:
            self.count += 1
            if self.receipts.setdefault(ticket_id, receipt) != receipt:
                self.refusals.append(f"ticket {ticket_id}: two receipts")

    def refuse(self, sentence: str) -> None:
        """Note something that should not have happened."""
        with self.lock:
            self.refusals.append(sentence)

    def copy(self) -> tuple[dict[int, Answers], dict[int, str]]:
        """The state of this moment."""
        with self.lock:
            return deepcopy(self.answers), dict(self.receipts)


class Gone(Exception):
    """The run is over."""


class Stay(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Never another request."""
        return


class Client(threading.Thread):
    """Takes ways from a queue and answers them, however often the server goes away."""

    def __init__(
        self, address: str, ways: "Queue[Way]", ledger: Ledger, stop: threading.Event, seed: int
    ) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True, name=f"client-{seed}")
        self.address, self.ways, self.ledger, self.over = address, ways, ledger, stop
        self.random = random.Random(seed)

    def run(self) -> None:
        """Until the queue is empty or the run is over."""
        while not self.over.is_set():
            try:
                self.take(self.ways.get_nowait())
            except (Empty, Gone):
                return
            except Exception as error:  # noqa: BLE001  the run reports it
                self.ledger.refuse(f"client: {error!r}")

    def take(self, way: Way) -> None:
        """One student from the code to the receipt, with everything sent again when in doubt."""
        self.browser = urllib.request.build_opener(
            Stay, urllib.request.HTTPCookieProcessor(CookieJar())
        )
        page, token = self.enter(way)
        given: Answers = {}
        for batch in batches(way.items):
            sent = self.answered(batch)
            for key, items in sent.items():
                given.setdefault(key, {}).update(items)
            status, body = self.send("PUT", f"{page}/answers", token, {"answers": sent})
            if status == 200:
                self.ledger.keep(way.ticket_id, sent, json.loads(body)["acked"])
            else:
                self.ledger.refuse(f"save {status}: {body[:200]!r}")
        self.submit(way, page, token, given)

    def answered(self, batch: list[tuple[str, str]]) -> Answers:
        """Random answers; the server may only know them from this request."""
        sent: Answers = {}
        for key, item in batch:
            sent.setdefault(key, {})[item] = {"v": self.random.randint(0, 3), "seq": 1}
        return sent

    def enter(self, way: Way) -> tuple[str, str]:
        """Open the ticket with code and check, setting a PIN; returns its page and token."""
        while True:
            _status, form, _headers = self.request("GET", "/take", None, {})
            fields = {
                "csrf_token": token_of(form),
                "code": way.code,
                "check": way.check,
                "pin": PIN,
            }
            body = urllib.parse.urlencode(fields).encode()
            status, _body, headers = self.request("POST", "/take", body, {})
            if status == 303:
                page = urllib.parse.urlsplit(headers["Location"]).path
                status, shown, _headers = self.request("GET", page, None, {})
                if status == 200 and token_of(shown):
                    return page, token_of(shown)
            # The first try may have been kept without its answer: then the PIN is known already.
            self.over.wait(PAUSE_S)

    def submit(self, way: Way, page: str, token: str, given: Answers) -> None:
        """Submit with one key until an answer comes; then once more, as an impatient student."""
        body = {"idempotency_key": f"key-{way.ticket_id}", "answers": given}
        for _time in range(2):
            status, text = self.send("POST", f"{page}/submit", token, body)
            if status == 200:
                self.ledger.receive(way.ticket_id, json.loads(text)["receipt"])
            else:
                self.ledger.refuse(f"submit {status}: {text[:200]!r}")

    def send(self, method: str, path: str, token: str, body: Any) -> tuple[int, bytes]:
        """A JSON request, until it is answered."""
        headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
        headers["Accept"] = "application/json"
        status, text, _headers = self.request(method, path, json.dumps(body).encode(), headers)
        return status, text

    def request(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Try until there is an answer that is not "come again"."""
        url = urllib.parse.urljoin(self.address, path)
        while not self.over.is_set():
            try:
                answer = self.once(urllib.request.Request(url, body, dict(headers), method=method))
            except UNREACHABLE:
                answer = 503, b"", {}
            if answer[0] not in COME_AGAIN:
                return answer
            self.over.wait(PAUSE_S)
        raise Gone

    def once(self, request: urllib.request.Request) -> tuple[int, bytes, Mapping[str, str]]:
        """One try; a refusal is an answer too."""
        try:
            with self.browser.open(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), dict(error.headers)


def token_of(page: bytes) -> str:
    """The CSRF token that the page carries."""
    found = TOKEN.search(page.decode())
    return found[1] if found else ""


def batches(items: tuple[tuple[str, str], ...]) -> Iterator[list[tuple[str, str]]]:
    """A few items at a time, as a page saves them."""
    for start in range(0, len(items), SAVED_AT_ONCE):
        yield list(items[start : start + SAVED_AT_ONCE])
