"""An administrator at a broker of the suite: what a person with its passwords could do.

Rules:

* over the management interface, as `corridor-operator`, who may administer and neither read nor
  write; where messages are moved, as a user of the suite's own that exists in a laboratory only;
* whatever was taken away comes back by importing the broker's own definitions once more.
"""

import base64
import json
import shutil
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from corridor.errors import LinkTrouble
from corridor.exchange.addresses import (
    OPERATOR_USER,
    VIRTUAL_HOST,
    federation_queue,
    federation_user,
    from_exchange,
    inbox_queue,
)
from corridor.lab.broker_layout import password
from corridor.lab.brokers import PrivateBroker
from corridor.transit.parties import CountryCode

_TIMEOUT_S = 20
_HANDS = "lab-chaos"
_COPIES = "lab.chaos"
_MOST = 10_000
_HOST = quote(VIRTUAL_HOST, safe="")
_FOREVER = {"delivery_mode": 2}


class Admin:
    """What the suite does at one broker."""

    def __init__(self, broker: PrivateBroker) -> None:
        """Describe it; nothing happens yet."""
        self.broker = broker

    def ask(self, method: str, path: str, body: object = None, *, user: str = "") -> Any:  # noqa: ANN401
        """Call the management interface; returns the JSON it answers, None where there is none.

        Raises:
            LinkTrouble: It refused or did not answer.
        """
        plan = self.broker.plan
        login = f"{user}:{user}" if user else f"{OPERATOR_USER}:{password(plan, OPERATOR_USER)}"
        request = urllib.request.Request(  # noqa: S310 - loopback, of our own making
            f"{plan.management_url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": "Basic " + base64.b64encode(login.encode()).decode(),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                content = answer.read()
        except (urllib.error.URLError, OSError) as error:
            raise LinkTrouble(f"management of {plan.country}: {method} {path}: {error}") from None
        return json.loads(content) if content else None

    # -- what is taken away, and comes back

    def restore(self) -> None:
        """Bring back everything that the broker's definitions name."""
        text = (self.broker.plan.etc / "definitions.json").read_text(encoding="utf-8")
        self.ask("POST", "definitions", json.loads(text))

    def delete_queue(self, name: str) -> None:
        """Delete a queue with what is in it."""
        self.ask("DELETE", f"queues/{_HOST}/{quote(name, safe='')}", user=_HANDS)

    def delete_upstream_queue(self, partner: CountryCode) -> None:
        """Delete the queue from which a partner takes what is for it."""
        self.delete_queue(federation_queue(self.broker.country, partner))

    def delete_policy(self, partner: CountryCode) -> None:
        """Delete the policy that federates a partner's exchange: its link ends."""
        self.ask("DELETE", f"policies/{_HOST}/fed-{partner}")

    def delete_user(self, partner: CountryCode) -> None:
        """Delete the user as which a partner's broker logs in: its link is thrown out."""
        self.ask("DELETE", f"users/{federation_user(partner)}")

    def elect(self, partner: CountryCode) -> None:
        """Let the queue from which a partner takes find its leader; see the runbook.

        RabbitMQ 3.10.8 forgets a quorum queue that was made less than about three seconds before
        the broker was killed; at its start it makes the queue anew and waits for ever for a leader.
        """
        queue = f"{VIRTUAL_HOST}_{federation_queue(self.broker.country, partner)}"
        self.broker.ctl("eval", f'ra:trigger_election({{list_to_atom("{queue}"), node()}}).')

    def depth(self, queue: str) -> int:
        """Return how many messages a queue holds; counted by the broker about every 5 s."""
        found = self.ask("GET", f"queues/{_HOST}/{quote(queue, safe='')}")
        return int(found.get("messages", 0))

    def links(self) -> list[dict[str, Any]]:
        """Return the links as the broker reports them."""
        found: list[dict[str, Any]] = self.ask("GET", f"federation-links/{_HOST}")
        return found

    def alarm(self, kind: str) -> None:
        """Set off an alarm: "memory" or "disk"."""
        if kind == "memory":
            self.broker.ctl("set_vm_memory_high_watermark", "0")
        else:
            self.broker.ctl("set_disk_free_limit", "900GB")

    def end_alarm(self, kind: str) -> None:
        """End an alarm that `alarm` set off."""
        if kind == "memory":
            self.broker.ctl("set_vm_memory_high_watermark", "absolute", "1GB")
        else:
            self.broker.ctl("set_disk_free_limit", "200MB")

    def wipe(self) -> None:
        """Remove every file of a broker that does not run; it starts with its definitions."""
        if self.broker.pid is not None:
            raise LinkTrouble(f"the broker of {self.broker.country} runs: kill it first")
        data = self.broker.plan.directory / "data"
        shutil.rmtree(data)
        data.mkdir(mode=0o700)

    # -- messages, moved by the suite's own hands

    def lend_hands(self) -> None:
        """Make the user and the queue with which messages are copied and moved."""
        self.ask("PUT", f"users/{_HANDS}", {"password": _HANDS, "tags": "management"})
        every = {"configure": ".*", "write": ".*", "read": ".*"}
        self.ask("PUT", f"permissions/{_HOST}/{_HANDS}", every)
        queue = {"durable": True, "arguments": {"x-queue-type": "classic"}}
        self.ask("PUT", f"queues/{_HOST}/{_COPIES}", queue, user=_HANDS)

    def copy_from(self, partner: CountryCode) -> None:
        """Copy from now on what arrives from a partner."""
        path = f"bindings/{_HOST}/e/{from_exchange(partner)}/q/{_COPIES}"
        self.ask("POST", path, {"routing_key": ""}, user=_HANDS)

    def copy_no_more(self, partner: CountryCode) -> None:
        """Copy nothing any more."""
        path = f"bindings/{_HOST}/e/{from_exchange(partner)}/q/{_COPIES}/~"
        self.ask("DELETE", path, user=_HANDS)

    def divert(self, partner: CountryCode) -> None:
        """Take what arrives from a partner away from its inbox."""
        path = f"bindings/{_HOST}/e/{from_exchange(partner)}/q/{inbox_queue(partner)}/~"
        self.ask("DELETE", path, user=_HANDS)

    def lead_back(self, partner: CountryCode) -> None:
        """Let what arrives from a partner go into its inbox again."""
        path = f"bindings/{_HOST}/e/{from_exchange(partner)}/q/{inbox_queue(partner)}"
        self.ask("POST", path, {"routing_key": ""}, user=_HANDS)

    def copies(self) -> list[dict[str, Any]]:
        """Take every copy made so far."""
        asked = {"count": _MOST, "ackmode": "ack_requeue_false", "encoding": "base64"}
        found: list[dict[str, Any]] = self.ask(
            "POST", f"queues/{_HOST}/{_COPIES}/get", asked, user=_HANDS
        )
        return found

    def deliver(self, partner: CountryCode, message: dict[str, Any]) -> None:
        """Publish a copy as if it came once more over the partner's link."""
        properties = {"message_id": message["properties"].get("message_id", ""), **_FOREVER}
        body = {
            "properties": properties,
            "routing_key": "",
            "payload": message["payload"],
            "payload_encoding": message["payload_encoding"],
        }
        self.ask("POST", f"exchanges/{_HOST}/{from_exchange(partner)}/publish", body, user=_HANDS)
