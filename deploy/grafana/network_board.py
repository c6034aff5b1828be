"""The board of the whole network: one look at all countries."""

from typing import Final

from panel import AGE, NODE, NONE, Dashboard, Panel, Query, by

NETWORK: Final = Dashboard(
    "corridor-network",
    "Corridor: the network",
    "One look at all countries: who is up, who hears whom, where something waits.",
    ("country",),
    (
        Panel("Nodes up", "stat", "percentunit",
              "Share of the nodes that answer. Below 1 a country is cut off: which one, the table says.",
              (Query(f"sum(up{{{NODE}}}) / count(up{{{NODE}}})"),), warn=1, bad=0.99),
        Panel("Oldest without a receipt", "stat", "s",
              "How long the oldest record of any country has waited for its partner's signature. Minutes are "
              "normal when a partner is down; look at which one.",
              (Query(f"max({AGE % NODE}){NONE}"),), warn=120, bad=300),
        Panel("Ways shut", "stat", "short",
              "Ways between two countries over which nothing leaves now.",
              (Query(f"count(corridor_link_open{{{NODE}}} == 0){NONE}"),), warn=1, bad=1),
        Panel("Records a second", "stat", "reqps",
              "Records stored at their partner and signed for, all countries together.",
              (Query(f'sum(rate(corridor_records_receipted_total{{{NODE},verdict="accepted"}}'
                     "[$__rate_interval]))"),)),
        Panel("Receipted within a minute", "stat", "percentunit",
              "Of four weeks' envelopes, in the country where it is lowest. The objective is 99 of 100.",
              (Query('min(country:corridor_receipted_60s:ratio_28d{country=~"$country"})'),), warn=0.99, bad=0.95),
        Panel("Alerts that fire, and for how long", "table", "s",
              "What is wrong now. Each alert has its heading in the RUNBOOK. Empty is good.",
              (Query('(time() - ALERTS_FOR_STATE{alertname!="CorridorWatchdog",country=~"$country"}) '
                     'and ignoring (alertstate) ALERTS{alertstate="firing"}'),), may_be_empty=True),
        Panel("Who heard whom, and how long ago", "table", "s",
              "A row for each direction: the country that listens, the partner it heard, and the age of the last "
              "authentic envelope. A row that grows while its opposite stands still is a link that is down one way. "
              "More than fifty years: never heard.",
              (Query(f"time() - corridor_peer_last_seen_timestamp_seconds{{{NODE}}}"),),
              warn=3_600, bad=21_600),
        Panel("Oldest record without a receipt, by country and partner", "timeseries", "s",
              "A line that rises by a second each second is stuck; one that falls again was late.",
              (Query(AGE % NODE, "{{country}} to {{peer}}"),), warn=120, bad=300,
              may_be_empty=True),
        Panel("Records stored at the partner, by country", "timeseries", "reqps",
              "What each country's partners signed for.",
              (Query(by("country", f'corridor_records_receipted_total{{{NODE},verdict="accepted"}}'),
                     "{{country}}"),)),
        Panel("Sent and received, last six hours", "table", "short",
              "Left what a country gave to its broker for a partner, right what that partner opened of it. They "
              "are equal but for what is under way: records are counted once however often an envelope is repeated.",
              (Query("sum by (country, peer) "
                     f"(increase(corridor_records_published_total{{{NODE}}}[6h]))", "sent"),
               Query("sum by (country, peer) "
                     f"(increase(corridor_records_received_total{{{NODE}}}[6h]))", "received")),
              folded=True),
        Panel("Within a minute, within a quarter of an hour", "table", "percentunit",
              "The objectives over four weeks: receipts within a minute (99 of 100) and within 15 minutes (999 of 1,000), "
              "canaries within a minute (995 of 1,000).",
              (Query('country:corridor_receipted_60s:ratio_28d{country=~"$country"}', "receipts, 1 min"),
               Query('country:corridor_receipted_900s:ratio_28d{country=~"$country"}', "receipts, 15 min"),
               Query('country:corridor_canaries_60s:ratio_28d{country=~"$country"}', "canaries, 1 min")),
              folded=True),
        Panel("Days that differ", "table", "short",
              "Days on which two countries do not hold the same records. Each is a case: `corridor reconcile list`.",
              (Query(f"corridor_reconcile_cases{{{NODE}}} > 0"),), folded=True, may_be_empty=True),
        Panel("Waits for a person", "table", "short",
              "Frames in quarantine and records that were not delivered, by country.",
              (Query(f"sum by (country) (corridor_quarantine_frames{{{NODE}}})", "in quarantine"),
               Query(f"sum by (country) (corridor_dead_letters{{{NODE}}})", "not delivered")), folded=True),
        Panel("Versions", "table", "short", "Which version of Corridor runs in how many countries.",
              (Query(f"count by (version) (corridor_build_info{{{NODE}}})"),), folded=True),
    ),
)  # fmt: skip
