"""A change made by hand at a running broker is found, named, and cured as told."""

import json
import shlex
from collections.abc import Iterator

import pytest

from corridor.exchange.addresses import cluster_name
from corridor.transport.check import Difference, compare
from corridor.transport.management import read_alarm_depths, read_broker
from testkit.networks import TR, Brokers

pytestmark = pytest.mark.broker

CHANGES = {
    "policy fed-GE": ["clear_policy", "-p", "corridor", "fed-GE"],
    "policy inbox: definition": [
        "set_policy", "-p", "corridor", "inbox", r"^inbox\.", '{"max-length":10}',
        "--apply-to", "queues", "--priority", "10",
    ],
    "policy by-hand": ["set_policy", "-p", "corridor", "by-hand", "^x", '{"max-length":10}'],
    "permissions of corridor-node: configure": [
        "set_permissions", "-p", "corridor", "corridor-node", ".*", r"^to\.[A-Z]{2}$",
        r"^(inbox\.[A-Z]{2}|corridor\.dlq|corridor\.unrouted)$",
    ],
    "user corridor-watch: tags": ["set_user_tags", "corridor-watch", "administrator"],
    "user corridor-watch": ["change_password", "corridor-watch", "guessed"],
    "user fed-ge: limits": ["clear_user_limits", "fed-ge", "all"],
    "user intruder": ["add_user", "intruder", "x"],
    "upstream AZ": ["clear_parameter", "-p", "corridor", "federation-upstream", "AZ"],
    "queue inbox.AZ": ["delete_queue", "-p", "corridor", "inbox.AZ"],
}  # fmt: skip


@pytest.fixture
def tr(brokers: Brokers) -> Iterator[Brokers]:
    yield brokers
    import_rendered(brokers)


def import_rendered(brokers: Brokers) -> None:
    brokers.tr.ctl("import_definitions", str(brokers.tr.plan.etc / "definitions.json"))


def differences(brokers: Brokers) -> tuple[Difference, ...]:
    plan = brokers.tr.plan
    expected = json.loads((plan.etc / "definitions.json").read_text(encoding="utf-8"))
    observed = read_broker(plan.management_url, brokers.operator(brokers.tr))
    return compare(expected, observed, cluster_name(TR))


def test_a_broker_that_has_just_started_is_as_it_was_told(brokers: Brokers) -> None:
    assert differences(brokers) == ()


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_by_hand_is_named_and_its_cure_works(what: str, tr: Brokers) -> None:
    tr.tr.ctl(*CHANGES[what])
    found = {each.object: each for each in differences(tr)}
    assert what in found
    for each in found.values():
        for command in each.cure.split(" && "):
            tool, *words = shlex.split(command)
            assert tool == "rabbitmqctl"
            folder = tr.tr.plan.etc
            tr.tr.ctl(*(str(folder / word) if word.endswith(".json") else word for word in words))
    assert differences(tr) == ()


def test_another_name_of_the_broker_is_found(brokers: Brokers) -> None:
    plan = brokers.tr.plan
    observed = read_broker(plan.management_url, brokers.operator(brokers.tr))
    expected = json.loads((plan.etc / "definitions.json").read_text(encoding="utf-8"))
    (found,) = compare(expected, observed, "corridor.GE")
    assert (found.object, found.found) == ("cluster name", "corridor.TR")


def test_the_alarm_queues_are_empty(brokers: Brokers) -> None:
    login = brokers.operator(brokers.tr)
    depths = read_alarm_depths(brokers.tr.plan.management_url, login)
    assert depths == {"corridor.dlq": 0, "corridor.unrouted": 0}
