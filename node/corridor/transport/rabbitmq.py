"""RabbitMQ over pika: the implementations of the port a node runs with."""

from corridor.transport.consumer import ConsumerSettings, PikaConsumer
from corridor.transport.publisher import PikaPublisher, PublisherSettings

__all__ = ["ConsumerSettings", "PikaConsumer", "PikaPublisher", "PublisherSettings"]
