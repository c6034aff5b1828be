"""Plain pika over the same two federated brokers: what Corridor is measured against.

    python tests/bench/plain.py publish CONNECTION.json --window N --seconds S --records FILE
    python tests/bench/plain.py consume CONNECTION.json
    python tests/bench/plain.py echo CONNECTION.json BACK.json
    python tests/bench/plain.py round CONNECTION.json BACK.json --count N --records FILE

One record a message, persistent, mandatory, asynchronous confirms, quorum inbox, TLS: as well as
plain pika does it, with the unreceipted window that suits it best. Prints one JSON line at its end.
"""

import argparse
import json
import signal
import ssl
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, TypeAlias

import pika
from pika.adapters.select_connection import SelectConnection

_Pika: TypeAlias = Any
"""Whatever pika hands over: it ships no types."""

_ACK_EVERY = 50
_PREFETCH = 1000


def parameters(connection: dict[str, Any]) -> pika.ConnectionParameters:
    """Return pika's parameters for a lab's broker, as the node's own user."""
    context = ssl.create_default_context(cafile=connection["ca_file"])
    context.load_cert_chain(connection["cert_file"], connection["key_file"])
    return pika.ConnectionParameters(
        connection["host"],
        connection["port"],
        "corridor",
        pika.credentials.ExternalCredentials(),
        ssl_options=pika.SSLOptions(context, connection["server_name"]),
        heartbeat=60,
    )


class Publisher:
    """Publishes as fast as a window of unconfirmed messages allows."""

    def __init__(
        self, connection: dict[str, Any], exchange: str, records: list[bytes], window: int
    ) -> None:
        self._exchange = exchange
        self._records = records
        self._window = window
        self._unconfirmed: deque[int] = deque()
        self._sent = 0
        self._stop_at = 0.0
        self._channel: Any = None
        self._properties = pika.BasicProperties(delivery_mode=2)
        self._connection = SelectConnection(
            parameters(connection),
            on_open_callback=lambda c: c.channel(on_open_callback=self._open),
        )

    def run(self, seconds: float) -> dict[str, float]:
        """Publish for so long; returns how many were confirmed, and when it began."""
        self._seconds = seconds
        self._connection.ioloop.start()
        return {"confirmed": self._sent, "began": self._began}

    def _open(self, channel: _Pika) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirmed, callback=lambda _: self._begin())

    def _begin(self) -> None:
        self._began = time.time()
        self._stop_at = time.monotonic() + self._seconds
        self._fill()

    def _fill(self) -> None:
        publish, records = self._channel.basic_publish, self._records
        while len(self._unconfirmed) < self._window and time.monotonic() < self._stop_at:
            body = records[self._sent % len(records)]
            publish(self._exchange, "", body, self._properties, mandatory=True)
            self._sent += 1
            self._unconfirmed.append(self._sent)

    def _confirmed(self, frame: _Pika) -> None:
        tag = frame.method.delivery_tag
        if frame.method.multiple:
            while self._unconfirmed and self._unconfirmed[0] <= tag:
                self._unconfirmed.popleft()
        elif self._unconfirmed and self._unconfirmed[0] == tag:
            self._unconfirmed.popleft()
        else:
            self._unconfirmed.remove(tag)
        if time.monotonic() < self._stop_at:
            self._fill()
        elif not self._unconfirmed:
            self._connection.ioloop.stop()


class Consumer:
    """Counts what arrives; SIGTERM ends it."""

    def __init__(self, connection: dict[str, Any], queue: str, counted: Path) -> None:
        self._queue = queue
        self._counted = counted
        self._count = 0
        self._bytes = 0
        self._last = 0.0
        self._tag = 0
        self._channel: Any = None
        self._connection = SelectConnection(
            parameters(connection),
            on_open_callback=lambda c: c.channel(on_open_callback=self._open),
        )
        signal.signal(signal.SIGTERM, self._end)

    def run(self) -> dict[str, float]:
        """Consume until SIGTERM."""
        self._connection.ioloop.start()
        return {"received": self._count, "bytes": self._bytes, "last": self._last}

    def _open(self, channel: _Pika) -> None:
        self._channel = channel
        channel.basic_qos(prefetch_count=_PREFETCH, callback=lambda _: self._consume())

    def _consume(self) -> None:
        self._channel.basic_consume(self._queue, self._message)
        print("ready", flush=True)
        self._tick()

    def _message(self, channel: _Pika, method: _Pika, _properties: _Pika, body: bytes) -> None:
        self._count += 1
        self._bytes += len(body)
        self._last = time.time()
        self._tag = method.delivery_tag
        if self._count % _ACK_EVERY == 0:
            channel.basic_ack(self._tag, multiple=True)
            self._tag = 0

    def _tick(self) -> None:
        if self._tag:
            self._channel.basic_ack(self._tag, multiple=True)
            self._tag = 0
        self._counted.write_text(str(self._count))
        self._connection.ioloop.call_later(0.05, self._tick)

    def _end(self, *_: object) -> None:
        self._connection.ioloop.add_callback_threadsafe(self._connection.ioloop.stop)


def echo(connection: dict[str, Any], queue: str, exchange: str) -> None:
    """Send back whatever arrives, until SIGTERM."""
    blocking = pika.BlockingConnection(parameters(connection))
    channel = blocking.channel()
    channel.basic_qos(prefetch_count=10)
    properties = pika.BasicProperties(delivery_mode=2)

    def message(_channel: _Pika, method: _Pika, _properties: _Pika, body: bytes) -> None:
        channel.basic_publish(exchange, "", body, properties, mandatory=True)
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(queue, message)
    print("ready", flush=True)
    channel.start_consuming()


def rounds(
    connection: dict[str, Any], queue: str, exchange: str, records: list[bytes], count: int
) -> dict[str, Any]:
    """Time `count` rounds, one at a time: publish, federate, echo, federate back."""
    blocking = pika.BlockingConnection(parameters(connection))
    channel = blocking.channel()
    properties = pika.BasicProperties(delivery_mode=2)
    back: list[float] = []

    def message(_channel: _Pika, method: _Pika, _properties: _Pika, _body: bytes) -> None:
        back.append(time.perf_counter())
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(queue, message)
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        channel.basic_publish(exchange, "", records[number % len(records)], properties)
        while len(back) <= number:
            blocking.process_data_events(time_limit=1)
        seconds.append(back[number] - began)
    return {"seconds": seconds}


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["publish", "consume", "echo", "round"])
    parser.add_argument("connection", type=Path)
    parser.add_argument("--window", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--records", type=Path)
    asked = parser.parse_args()
    connection = json.loads(asked.connection.read_text())
    records = json.loads(asked.records.read_text()) if asked.records else []
    bodies = [bytes.fromhex(text) for text in records]
    exchange, queue = f"to.{connection['partner']}", f"inbox.{connection['partner']}"
    result: dict[str, Any] = {}
    if asked.what == "publish":
        result = Publisher(connection, exchange, bodies, asked.window).run(asked.seconds)
    elif asked.what == "consume":
        result = Consumer(connection, queue, asked.connection.with_suffix(".count")).run()
    elif asked.what == "echo":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        echo(connection, queue, exchange)
    else:
        result = rounds(connection, queue, exchange, bodies, asked.count)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
