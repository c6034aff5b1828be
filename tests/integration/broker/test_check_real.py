"""A change made by hand at a running broker is found, named, and cured as told."""

import json
import shlex

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


def differences(brokers: Brokers) -> tuple[Difference, ...]:
    plan = brokers.tr.plan
    expected = json.loads((plan.etc / "definitions.json").read_text(encoding="utf-8"))
    observed = read_broker(plan.management_url, brokers.operator(brokers.tr))
    return compare(expected, observed, cluster_name(TR))


def test_a_broker_that_has_just_started_is_as_it_was_told(brokers: Brokers) -> None:
    assert differences(brokers) == ()


def test_changes_by_hand_are_named_and_their_cures_work(brokers: Brokers) -> None:
    for change in CHANGES.values():
        brokers.tr.ctl(*change)
    found = {each.object: each for each in differences(brokers)}
    assert found.keys() >= CHANGES.keys()
    unexpected = found.keys() - CHANGES.keys()
    assert unexpected <= {"binding from.AZ to inbox.AZ"}  # went with its queue
    commands = {each: None for one in found.values() for each in one.cure.split(" && ")}
    for command in commands:
        tool, *words = shlex.split(command)
        assert tool == "rabbitmqctl"
        folder = brokers.tr.plan.etc
        brokers.tr.ctl(*(str(folder / each) if each.endswith(".json") else each for each in words))
    assert differences(brokers) == ()


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
