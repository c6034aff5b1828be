"""Differences between what a broker was told and what it holds."""

import copy
from pathlib import Path
from typing import Any

import pytest

from corridor.transit.parties import CountryCode
from corridor.transport.check import Difference, compare
from corridor.transport.render import BrokerSettings, PartnerLink, render_definitions

GE = CountryCode("GE")
IMPORT = "rabbitmqctl import_definitions definitions.json"
QUEUE = "federation: to.TR -> corridor.TR:from.GE"
Broker = dict[str, Any]


def expected() -> dict[str, list[dict[str, Any]]]:
    pki = Path("/pki")
    settings = BrokerSettings(
        pki / "ca.pem",
        pki / "server.pem",
        pki / "server.key",
        pki / "definitions.json",
        watch_password_hash="aGFzaA==",  # noqa: S106 - nobody's
    )
    link = PartnerLink(
        CountryCode("TR"), "mq.tr", 5671, "mq.tr", pki / "tr.pem", pki / "c.pem", pki / "c.key"
    )
    return render_definitions(GE, settings, [link])


def as_rabbitmq_tells_it() -> Broker:
    """What 3.10.8 answers after importing `expected` and federating."""
    told: Broker = copy.deepcopy(expected())
    for user in told["users"]:
        user["tags"] = [tag for tag in user["tags"].split(",") if tag]
        user.setdefault("limits", {})
        user.setdefault("password_hash", "random for users without one")
    told["vhosts"][0]["metadata"]["tracing"] = False
    told["topic_permissions"] = []
    told["global_parameters"] = [{"name": "cluster_name", "value": "corridor.GE"}]
    told["queues"].append(
        {"name": QUEUE, "vhost": "corridor", "durable": True, "auto_delete": False, "arguments": {}}
    )
    told["exchanges"].append(
        {"name": QUEUE + " B", "vhost": "corridor", "type": "x-federation-upstream"}
    )
    for source, destination, kind in (
        (QUEUE + " B", QUEUE, "queue"),
        ("to.TR", QUEUE + " B", "exchange"),
    ):
        binding = {"vhost": "corridor", "source": source, "destination": destination}
        told["bindings"].append(binding | {"destination_type": kind, "routing_key": ""})
    return told


def row(section: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in section if each["name"] == name)


def test_what_federation_makes_by_itself_is_no_difference() -> None:
    assert compare(expected(), as_rabbitmq_tells_it(), "corridor.GE") == ()


def test_an_import_that_stopped_half_way_is_told_object_by_object() -> None:
    told = as_rabbitmq_tells_it()
    told["parameters"] = []
    told["queues"] = []
    told["bindings"] = []
    found = compare(expected(), told)
    assert {each.object for each in found} >= {"upstream TR", "queue inbox.TR"}
    assert {each.cure for each in found} == {IMPORT}
    assert {each.found for each in found} == {"absent"}


def test_a_changed_policy_is_shown_with_both_values() -> None:
    told = as_rabbitmq_tells_it()
    row(told["policies"], "inbox")["priority"] = 5
    assert compare(expected(), told) == (Difference("policy inbox: priority", "10", "5", IMPORT),)


def test_a_queue_made_otherwise_must_go_before_it_can_come_right() -> None:
    told = as_rabbitmq_tells_it()
    row(told["queues"], "inbox.TR")["arguments"] = {"x-queue-type": "classic"}
    (found,) = compare(expected(), told)
    assert found.object == "queue inbox.TR: arguments"
    assert found.cure == f"rabbitmqctl delete_queue -p corridor 'inbox.TR' && {IMPORT}"


def test_wider_rights_are_found() -> None:
    told = as_rabbitmq_tells_it()
    for each in told["permissions"]:
        if each["user"] == "fed-tr":
            each["read"] = ".*"
    (found,) = compare(expected(), told)
    assert (found.object, found.found) == ("permissions of fed-tr: read", ".*")


def test_another_password_is_told_without_any_hash() -> None:
    told = as_rabbitmq_tells_it()
    row(told["users"], "corridor-watch")["password_hash"] = "b3RoZXI="  # noqa: S105 - nobody's
    (found,) = compare(expected(), told)
    assert found == Difference(
        "user corridor-watch", "the rendered password", "another one", IMPORT
    )


def test_limits_are_set_by_a_command_of_their_own() -> None:
    told = as_rabbitmq_tells_it()
    row(told["users"], "fed-tr")["limits"] = {}
    row(told["users"], "corridor-node")["limits"] = {"max-channels": 1}
    found = {each.object: each.cure for each in compare(expected(), told)}
    assert found == {
        "user fed-tr: limits": (
            "rabbitmqctl set_user_limits 'fed-tr' '{\"max-connections\": 8, \"max-channels\": 32}'"
        ),
        "user corridor-node: limits": "rabbitmqctl clear_user_limits 'corridor-node' all",
    }


@pytest.mark.parametrize(
    ("section", "extra", "name", "cure"),
    [
        ("users", {"name": "o'hara"}, "user o'hara", "rabbitmqctl delete_user 'o'\\''hara'"),
        (
            "permissions",
            {"user": "fed-xx", "vhost": "corridor"},
            "permissions of fed-xx",
            "rabbitmqctl clear_permissions -p corridor 'fed-xx'",
        ),
        (
            "topic_permissions",
            {"user": "fed-tr", "vhost": "corridor", "exchange": "amq.topic"},
            "topic permissions of fed-tr",
            "rabbitmqctl clear_topic_permissions -p corridor 'fed-tr'",
        ),
        (
            "queues",
            {"name": "tap", "vhost": "corridor"},
            "queue tap",
            "rabbitmqctl delete_queue -p corridor 'tap'",
        ),
        (
            "exchanges",
            {"name": "tap", "vhost": "corridor"},
            "exchange tap",
            "rabbitmqadmin --vhost=corridor delete exchange name='tap'",
        ),
        (
            "bindings",
            {
                "source": "to.TR",
                "destination": "tap",
                "destination_type": "queue",
                "routing_key": "",
                "vhost": "corridor",
            },
            "binding to.TR to tap",
            (
                "rabbitmqadmin --vhost=corridor delete binding source='to.TR' "
                "destination_type=queue destination='tap' properties_key='~'"
            ),
        ),
        (
            "policies",
            {"name": "tap", "vhost": "corridor"},
            "policy tap",
            "rabbitmqctl clear_policy -p corridor 'tap'",
        ),
        (
            "parameters",
            {"component": "shovel", "name": "tap", "vhost": "corridor"},
            "upstream shovel tap",
            "rabbitmqctl clear_parameter -p corridor shovel 'tap'",
        ),
        ("vhosts", {"name": "other"}, "vhost other", "rabbitmqctl delete_vhost 'other'"),
    ],
)
def test_what_was_added_by_hand_is_named_with_the_way_to_remove_it(
    section: str, extra: dict[str, Any], name: str, cure: str
) -> None:
    told = as_rabbitmq_tells_it()
    told[section].append(extra)
    assert compare(expected(), told) == (Difference(name, "absent", "present", cure),)


def test_what_lies_in_other_vhosts_is_not_ours_to_judge() -> None:
    told = as_rabbitmq_tells_it()
    told["queues"].append({"name": "theirs", "vhost": "other"})
    assert compare(expected(), told) == ()


def test_a_broker_with_another_name_cannot_be_reached_by_its_links() -> None:
    told = as_rabbitmq_tells_it()
    told["global_parameters"] = []
    (found,) = compare(expected(), told, "corridor.GE")
    assert (found.object, found.found) == ("cluster name", "absent")


def test_a_vhost_without_quorum_queues_is_found() -> None:
    told = as_rabbitmq_tells_it()
    told["vhosts"][0]["metadata"]["default_queue_type"] = "classic"
    (found,) = compare(expected(), told)
    assert found.object == "vhost corridor: metadata"
