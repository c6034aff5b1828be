"""Every metric that a node has, without the node: what alerts and dashboards may ask for."""

from collections.abc import Sequence

from corridor.daemon.attachment_metrics import AttachmentMetrics
from corridor.daemon.config import NodeConfig
from corridor.daemon.day_metrics import DayMetrics
from corridor.daemon.expiries import Expiries
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.http_metrics import HttpMetrics
from corridor.daemon.metrics import NodeMetrics
from corridor.daemon.metrics_watch import WatchMetrics
from corridor.daemon.preflight_metrics import PreflightMetrics
from corridor.daemon.quarantine_metrics import QuarantineCollector
from corridor.gateway.http.app import routes
from corridor.gateway.http.problems import KINDS
from corridor.store.memory import MemoryStore
from corridor.store.values import Depth
from corridor.transit.parties import Endpoint


def every_metric(partners: Sequence[Endpoint] = ()) -> NodeMetrics:
    """Return the metrics of a node with these partners, every gateway and an empty store."""
    metrics, store = NodeMetrics(), MemoryStore()
    metrics.watch_store(lambda: [Depth(peer, 0, 0, None) for peer in partners])
    metrics.watch_backups()
    metrics.know_peers(partners)
    watch = WatchMetrics(metrics.registry)
    watch.know_peers(partners)
    for peer in partners:
        watch.link_up.labels(peer).set(1)
    metrics.registry.register(QuarantineCollector(store, lambda: partners))
    metrics.registry.register(DayMetrics(store, lambda: partners))
    PreflightMetrics(metrics.registry, dict, lambda: partners)
    AttachmentMetrics(metrics.registry).know_peers(partners)
    metrics.registry.register(Expiries(_config(), lambda: [one.country for one in partners], int))
    GatewayMetrics(metrics.registry, spool=True, webhook=True)
    HttpMetrics(metrics.registry).know(routes(), KINDS)
    return metrics


def _config() -> NodeConfig:
    """A configuration that names files which are not there."""
    files = {"ca_file": "ca.pem", "cert_file": "node.pem", "key_file": "node.key"}
    return NodeConfig.model_validate(
        {
            "node": {"endpoint": "GE.RS"},
            "trust": {"genesis_sha256": "0" * 64},
            "broker": {"server_name": "mq.rs.ge", **files},
            "http": {"enabled": True, "cert_file": "http.pem", "key_file": "http.key"},
        }
    )
