"""The gateways that a configuration asks for, made in the order in which they start."""

from corridor.daemon.config import NodeConfig
from corridor.daemon.config_gateways import lanes_of
from corridor.daemon.gateway_metrics import GatewayMetrics
from corridor.daemon.node import Node
from corridor.daemon.supervisor import Part
from corridor.gateway.local_server import LocalServer
from corridor.gateway.looking_ahead import look_ahead
from corridor.gateway.national import make_national
from corridor.gateway.optional import part


def make_gateways(config: NodeConfig, node: Node) -> list[Part]:
    """Return the gateways of `node`; what they have to say stands in its status.

    Raises:
        CorridorError: One of them cannot be used as it is configured.
    """
    lanes = lanes_of(config.gateway.lanes)
    server = LocalServer(config.gateway.socket, node.service, node.status, lanes)
    made: list[Part] = [server]
    national = make_national(config.node.endpoint, config.standards, whole=True)
    made.append(look_ahead(config, node, national.manner))
    if config.http.enabled:
        made.append(
            part("http").HttpServer(
                config.http, node.service,
                status=node.status, ready=node.ready, registry=node.metrics.registry,
                national=national,
            )
        )  # fmt: skip
    spool, webhook = config.spool.directory is not None, config.webhook.url is not None
    if not (spool or webhook):
        return made
    metrics = GatewayMetrics(node.metrics.registry, spool=spool, webhook=webhook)
    if spool:
        folder = part("spool").SpoolGateway(config.spool, node.service, metrics, national)
        node.beside.append(folder.attention)
        made.append(folder)
    if webhook:
        hook = part("webhook").WebhookGateway(config.webhook, node.service, metrics)
        node.beside.append(hook.attention)
        made.append(hook)
    return made
