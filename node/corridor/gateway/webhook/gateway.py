"""The webhook beside the node: a thread for each stream, which posts, waits, and tries again.

Rules:

* delivered is what was answered 2xx; what is delivered is noted in the store, and acknowledged;
* 410 ends the stream until the node starts again: the other side says that it wants no more;
* everything else is tried again for ever: an address that is down loses nothing and costs nothing
  but its own delay.
"""

import threading
import time
from random import random
from typing import Final

from corridor.daemon.clock import unix_ms
from corridor.daemon.config_gateways import WebhookSection
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.logs import event_logger
from corridor.daemon.service import NodeService
from corridor.errors import CorridorError
from corridor.gateway.webhook.posting import Answered, Poster, Unreachable
from corridor.gateway.webhook.signing import read_secrets, signature
from corridor.gateway.webhook.streams import Event, Stream, StreamName

_STOP_S: Final = 3.0
_IDLE_S: Final = 0.2
_GONE: Final = 410
_ALARM_AFTER_MS: Final = 30_000


class WebhookGateway:
    """Posts what is new in a `NodeService` from `start` to `stop`."""

    def __init__(
        self, settings: WebhookSection, service: NodeService, metrics: GatewayMetrics
    ) -> None:
        """Post to `settings.url`.

        Raises:
            KeyTrouble: The file of the secret is not there, or others may read it.
            ConfigurationError: It holds no secret.
        """
        if settings.url is None or settings.secret_file is None:
            raise ValueError("a webhook needs an address and a secret")
        secrets = read_secrets(settings.secret_file)
        self._runners = [
            Runner(name, settings, service, metrics, secrets) for name in settings.events
        ]

    def start(self) -> None:
        """Begin to post."""
        for runner in self._runners:
            runner.start()

    def stop(self) -> None:
        """End; what was not answered is posted again at the next start, under the same id."""
        for runner in self._runners:
            runner.ask_to_end()
        for runner in self._runners:
            runner.join()

    def attention(self) -> list[str]:
        """Return what needs a person, one line each; any thread."""
        return [line for runner in self._runners for line in runner.attention()]


class Runner:
    """Posts one stream."""

    def __init__(
        self,
        name: StreamName,
        settings: WebhookSection,
        service: NodeService,
        metrics: GatewayMetrics,
        secrets: tuple[bytes, ...],
    ) -> None:
        """Post the stream `name`."""
        self._settings = settings
        self._metrics = metrics
        self._secrets = secrets
        self._stream = Stream(name, service)
        self._poster = Poster(settings.url or "", settings.timeout_s, settings.ca_file)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"webhook-{name}", daemon=True)
        self._said = ""
        self.gone = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_end(self) -> None:
        """End soon."""
        self._ended.set()

    def join(self) -> None:
        """Wait until it has ended; a post that is under way may outlast the wait."""
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def attention(self) -> list[str]:
        """Return what needs a person."""
        name, place = self._stream.name, self._stream.place
        if self.gone:
            return [
                f"webhook: the national system wants no more {name} (410); restart to try again"
            ]
        now_ms = unix_ms()
        if place.failures and now_ms - place.since_ms >= _ALARM_AFTER_MS:
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(place.since_ms / 1000))
            return [f"webhook: no {name} delivered since {since}: {self._said}"]
        return []

    def turn(self) -> bool:
        """Post what is next; returns whether there is more to do now.

        Raises:
            StoreTrouble: The node could not note how far it is; it is posted again.
        """
        now_ms = unix_ms()
        place = self._stream.place
        if self.gone or now_ms < min(place.next_ms, now_ms + self._longest_ms):
            return False
        events = self._stream.next(self._settings.batch)
        oldest = self._metrics.webhook_oldest.labels(self._stream.name)
        oldest.set(events[0].known_ms / 1000 if events else 0)
        cursor = place.cursor
        failure: Answered | str | None = None
        for event in events:
            failure = self._post(event)
            if failure is not None or self._ended.is_set():
                break
            cursor = event.cursor
        self._note(cursor, failure)
        if len(events) < self._settings.batch:
            self._poster.close()  # the other side may serve one connection at a time
        return failure is None and len(events) == self._settings.batch

    @property
    def _longest_ms(self) -> int:
        return round(self._settings.retry_max_s * 1000)

    def _post(self, event: Event) -> Answered | str | None:
        """Post one event; returns None where it was delivered, else what went wrong."""
        timestamp, body = unix_ms() // 1000, event.body
        headers = {
            "content-type": "application/json",
            "user-agent": "corridor",
            "webhook-id": event.post_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secrets, event.post_id, timestamp, body),
        }
        try:
            answer = self._poster.post(body, headers)
        except Unreachable as error:
            self._count("unreachable")
            return str(error)
        if 200 <= answer.status < 300:  # noqa: PLR2004 - success, by HTTP
            self._count("delivered")
            return None
        self._count("gone" if answer.status == _GONE else "refused")
        return answer

    def _note(self, cursor: int, failure: Answered | str | None) -> None:
        stream, place = self._stream, self._stream.place
        if failure is None:
            if cursor != place.cursor or place.failures:
                if place.failures:
                    event_logger().info("webhook.mended", stage=stream.name)
                stream.keep(type(place)(cursor))
                self._metrics.webhook_failing.labels(stream.name).set(0)
            return
        now_ms = unix_ms()
        if cursor != place.cursor:
            place = type(place)(cursor)
        first_ms = round(self._settings.retry_first_s * 1000)
        place = place.failed(now_ms, first_ms, self._longest_ms, random())  # noqa: S311 - a pause
        said = failure if isinstance(failure, str) else f"it answers {failure.status}"
        if isinstance(failure, Answered):
            asked_ms = min(failure.retry_after_s * 1000, self._longest_ms)
            place = type(place)(
                place.cursor, place.failures, place.since_ms, max(place.next_ms, now_ms + asked_ms)
            )
            self.gone = failure.status == _GONE
        if said != self._said or place.failures == 1:
            event_logger().warning("webhook.failed", stage=stream.name, cause=said)
        self._said = said
        stream.keep(place)
        self._metrics.webhook_failing.labels(stream.name).set(place.since_ms / 1000)

    def _count(self, result: str) -> None:
        self._metrics.posts.labels(self._stream.name, result).inc()

    def _run(self) -> None:
        while not self._ended.is_set():
            more = False
            try:
                more = self.turn()
            except CorridorError as error:
                event_logger().error("webhook.unkept", code=error.code, cause=error.message)
                self._ended.wait(1.0)
            if not more:
                self._ended.wait(_IDLE_S)
        self._poster.close()
