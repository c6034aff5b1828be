"""What Prometheus is told to look at: the same in a lab, in a container, at an administration."""

from collections.abc import Mapping
from typing import Any


def scrape_settings(
    nodes: Mapping[str, str], brokers: Mapping[str, str], rules: str, manager: str, scrape_s: int
) -> dict[str, Any]:
    """Return Prometheus's configuration; as JSON it is YAML too.

    Args:
        nodes: Country → "host:port" of its node's metrics.
        brokers: Country → "host:port" of its broker's.
        rules: The file of alert rules, as Prometheus sees it.
        manager: "host:port" of Alertmanager.
        scrape_s: Seconds between two looks.
    """
    every = f"{scrape_s}s"
    return {
        "global": {
            "scrape_interval": every,
            "scrape_timeout": every,
            "evaluation_interval": every,
        },
        "rule_files": [rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager]}]}]},
        "scrape_configs": [
            {"job_name": "corridor", "static_configs": _targets(nodes)},
            {"job_name": "rabbitmq", "static_configs": _targets(brokers)},
        ],
    }


def _targets(addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"targets": [address], "labels": {"country": country}}
        for country, address in addresses.items()
    ]
