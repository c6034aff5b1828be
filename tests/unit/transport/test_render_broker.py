"""One country's broker configuration, rendered from the templates."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from corridor.errors import ConfigurationError
from corridor.exchange.addresses import federation_queue
from corridor.transit.parties import CountryCode
from corridor.transport import templates
from corridor.transport.render import (
    BrokerSettings,
    PartnerLink,
    password_hash,
    plugins,
    render_country,
    render_definitions,
    upstream_uri,
)

EXAMPLE = Path(__file__).resolve().parents[3] / "broker_config" / "rendered" / "example"
GE, TR = CountryCode("GE"), CountryCode("TR")


def settings() -> BrokerSettings:
    pki = Path("/etc/corridor/pki")
    return BrokerSettings(
        ca_file=pki / "ca.pem",
        cert_file=pki / "server.pem",
        key_file=pki / "server.key",
        definitions_file=Path("/etc/corridor/broker/definitions.json"),
        watch_password_hash=password_hash("example, not a secret", b"\x01\x02\x03\x04"),
        operator_password_hash=password_hash("example, not a secret", b"\x05\x06\x07\x08"),
    )


def link(code: str = "TR") -> PartnerLink:
    pki = Path("/etc/corridor/pki/partners")
    name = code.lower()
    return PartnerLink(
        country=CountryCode(code),
        host=f"mq.customs.{name}.example",
        port=5671,
        server_name=f"mq.customs.{name}.example",
        ca_file=pki / f"{name}-ca.pem",
        cert_file=pki / f"fed-at-{name}.pem",
        key_file=pki / f"fed-at-{name}.key",
    )


def test_the_rendered_example_is_what_the_templates_give() -> None:
    files = render_country(GE, settings(), [link("TR"), link("AZ")])
    found = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLE.iterdir()}
    assert found == files


def test_no_placeholder_is_left() -> None:
    for text in render_country(GE, settings(), [link()]).values():
        assert not re.search(r"@[A-Z_]+@", text)


def test_a_partner_may_use_exactly_the_queue_its_link_will_use() -> None:
    definitions = render_definitions(GE, settings(), [link()])
    (mine,) = (row for row in definitions["permissions"] if row["user"] == "fed-tr")
    queue = federation_queue(GE, TR)
    for right in ("configure", "write", "read"):
        allowed = re.compile(mine[right])
        assert allowed.search(queue)
        assert allowed.search(queue + " A")
        for other in (queue + " C", "x" + queue, queue + "\nx", "inbox.TR", "to.AZ", "from.TR"):
            assert not allowed.search(other)
    assert re.search(mine["read"], "to.TR")
    assert not re.search(mine["configure"], "to.TR")


def test_every_pattern_is_anchored_at_both_ends() -> None:
    definitions = render_definitions(GE, settings(), [link(), link("AZ")])
    patterns = [row[right] for row in definitions["permissions"] for right in ("configure", "read")]
    assert all(each.startswith("^") and each.endswith("$") for each in patterns)


def test_the_node_reads_inboxes_and_alarms_writes_to_partners_and_configures_nothing() -> None:
    (node,) = (
        row
        for row in render_definitions(GE, settings(), [])["permissions"]
        if row["user"] == "corridor-node"
    )
    assert node["configure"] == "^$"
    assert re.search(node["write"], "to.TR")
    assert not re.search(node["write"], "from.TR")
    for queue in ("inbox.TR", "corridor.dlq", "corridor.unrouted"):
        assert re.search(node["read"], queue)


def test_a_link_never_deletes_what_waits_and_always_verifies() -> None:
    (upstream,) = render_definitions(GE, settings(), [link()])["parameters"]
    value = upstream["value"]
    assert value["resource-cleanup-mode"] == "never"
    assert value["ack-mode"] == "on-confirm"
    assert "verify=verify_peer" in value["uri"]
    assert "server_name_indication=mq.customs.tr.example" in value["uri"]
    assert isinstance(value["reconnect-delay"], int)


def test_an_inbox_has_no_length_limit() -> None:
    policies = render_definitions(GE, settings(), [link()])["policies"]
    (inbox,) = (row for row in policies if row["name"] == "inbox")
    assert not any(key.startswith("max-length") for key in inbox["definition"])


@pytest.mark.parametrize(
    ("version", "sends_type", "metrics", "split"),
    [
        ((3, 10, 8), False, False, False),
        ((3, 13, 0), False, False, False),
        ((3, 13, 1), True, False, False),
        ((4, 0, 5), True, True, False),
        ((4, 2, 0), True, True, True),
    ],
)
def test_versions_are_told_what_they_understand(
    version: tuple[int, int, int], *, sends_type: bool, metrics: bool, split: bool
) -> None:
    files = render_country(GE, settings(), [link()], version)
    (upstream,) = json.loads(files["definitions.json"])["parameters"]
    assert (upstream["value"].get("queue-type") == "quorum") == sends_type
    assert ("rabbitmq_federation_prometheus" in plugins(version)) == metrics
    assert ("rabbitmq_exchange_federation" in files["advanced.config"]) == split
    assert ("rabbitmq_exchange_federation" in files["enabled_plugins"]) == split


def test_a_user_without_a_password_hash_does_not_exist() -> None:
    bare = replace(settings(), watch_password_hash=None, operator_password_hash=None)
    definitions = render_definitions(GE, bare, [])
    assert [row["name"] for row in definitions["users"]] == ["corridor-node"]
    assert [row["user"] for row in definitions["permissions"]] == ["corridor-node"]


def test_partners_are_in_order_whatever_order_they_came_in() -> None:
    one = render_country(GE, settings(), [link("TR"), link("AZ")])
    assert one == render_country(GE, settings(), [link("AZ"), link("TR")])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"country": CountryCode("T.")}, "two capital letters"),
        ({"country": GE}, "GE is named twice"),
        ({"host": "mq.example/x"}, "not a host name"),
        ({"server_name": "mq&verify=verify_none"}, "not a host name"),
        ({"ca_file": Path("/etc/ca.pem?verify=verify_none")}, "certificate path"),
        ({"key_file": Path("relative.key")}, "certificate path"),
        ({"port": 0}, "port 0"),
    ],
)
def test_what_would_break_a_pattern_or_a_uri_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        render_country(GE, settings(), [replace(link(), **change)])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"listen_host": "0.0.0.0\nlisteners.tcp = 5672"}, "LISTEN_HOST"),
        ({"cert_file": Path("/etc/x # y")}, "CERT_FILE"),
        ({"amqps_port": 70_000}, "port 70000"),
    ],
)
def test_what_would_break_a_line_of_the_configuration_is_refused(
    change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        render_country(GE, replace(settings(), **change), [])


def test_all_faults_are_told_at_once() -> None:
    bad = replace(link(), port=0, host="a b")
    with pytest.raises(ConfigurationError) as refusal:
        render_country(GE, replace(settings(), amqps_port=0), [bad])
    assert str(refusal.value).count(";") == 2


def test_a_password_hash_is_salted_sha256() -> None:
    assert password_hash("test12", bytes.fromhex("908dc60a")) == (
        "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    )
    with pytest.raises(ValueError, match="four bytes"):
        password_hash("x", b"")


def test_the_uri_has_no_secret_and_one_host() -> None:
    uri = upstream_uri(link())
    assert uri.startswith("amqps://mq.customs.tr.example:5671/corridor?cacertfile=/etc/")
    assert "@" not in uri


def test_an_installation_without_templates_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Elsewhere:
        __file__ = str(tmp_path / "a" / "b" / "corridor" / "__init__.py")

    monkeypatch.setattr(templates, "corridor", Elsewhere)
    monkeypatch.setattr(templates, "files", lambda _package: tmp_path / "installed")
    with pytest.raises(ConfigurationError, match="missing"):
        templates.template_folder()
    carried = tmp_path / "installed" / "_broker_config"
    carried.mkdir(parents=True)
    assert templates.template_folder() == carried
