"""The board of one country's broker and its links."""

from typing import Final

from panel import NODE, NONE, Dashboard, Panel, Query

BROKER: Final = Dashboard(
    "corridor-broker",
    "Corridor: the broker",
    "One country's RabbitMQ, from its own metrics: room, queues, connections.",
    ("country",),
    (
        Panel("Takes records", "stat", "bool_on_off", "Off while an alarm for memory or disk blocks who publishes.",
              (Query(f"1 - max(corridor_broker_blocked{{{NODE}}})"),), warn=1, bad=0.5),
        Panel("Memory left", "stat", "bytes", "Until the broker blocks.",
              (Query('min(rabbitmq_resident_memory_limit_bytes{country=~"$country"} - '
                     'rabbitmq_process_resident_memory_bytes{country=~"$country"})'),),
              warn=268_435_456, bad=67_108_864),
        Panel("Disk left", "stat", "bytes", "Until the broker blocks.",
              (Query('min(rabbitmq_disk_space_available_bytes{country=~"$country"} - '
                     'rabbitmq_disk_space_available_limit_bytes{country=~"$country"})'),),
              warn=1_073_741_824, bad=268_435_456),
        Panel("Stray messages", "stat", "short",
              "Messages found in corridor.dlq and corridor.unrouted within a day. More than none: read the RUNBOOK.",
              (Query(f"sum(increase(corridor_unexpected_messages_total{{{NODE}}}[1d])){NONE}"),),
              warn=1, bad=1),
        Panel("Links that run", "stat", "percentunit",
              "Of the links by which this broker fetches from partners. Which one does not, the table says.",
              (Query(f"avg(corridor_federation_link_up{{{NODE}}})"),), warn=1, bad=0.99),
        Panel("What is wrong with links", "table", "short",
              "What the watch finds now, by partner; `none` is the broker itself. Empty is good; `corridor status` has the cure.",
              (Query(f"corridor_link_trouble{{{NODE}}} > 0"),), may_be_empty=True),
        Panel("Messages ready", "timeseries", "short",
              "In inboxes: not yet taken by our node. In queues of partners' links: not yet fetched by them.",
              (Query('sum by (country) (rabbitmq_queue_messages_ready{country=~"$country"})',
                     "{{country}}"),)),
        Panel("Published, confirmed and returned", "timeseries", "reqps",
              "Returned is what no link of a partner fetches.",
              (Query("sum by (country) (rate(rabbitmq_global_messages_received_total"
                     '{country=~"$country"}[$__rate_interval]))', "received"),
               Query("sum by (country) (rate(rabbitmq_global_messages_confirmed_total"
                     '{country=~"$country"}[$__rate_interval]))', "confirmed"),
               Query("sum by (country) (rate(rabbitmq_global_messages_unroutable_returned_total"
                     '{country=~"$country"}[$__rate_interval]))', "returned"))),
        Panel("Connections", "timeseries", "short",
              "Two of our node, one for each partner whose broker fetches from ours, one for each link of ours.",
              (Query('sum by (country) (rabbitmq_connections{country=~"$country"})', "{{country}}"),)),
        Panel("Repairs", "timeseries", "reqps",
              "What the node mended at its broker. Again and again: somebody or something changes it.",
              (Query(f"sum by (peer, outcome) (rate(corridor_link_repairs_total{{{NODE}}}[$__rate_interval])) > 0",
                     "{{peer}}: {{outcome}}"),), folded=True, may_be_empty=True),
        Panel("Canaries and back", "timeseries", "s",
              "How long the last canary to each partner took, the whole way and back.",
              (Query(f"corridor_canary_last_round_trip_seconds{{{NODE}}} > 0", "{{peer}}"),), folded=True),
        Panel("Open files", "timeseries", "short", "Of the broker.",
              (Query('sum by (country) (rabbitmq_process_open_fds{country=~"$country"})',
                     "{{country}}"),), folded=True),
    ),
)  # fmt: skip
