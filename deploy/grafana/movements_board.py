"""The board of movements: for who answers for them, not for the machines."""

from typing import Final

from panel import LATENCY, NODE, Dashboard, Panel, Query, by, quantile

MOVEMENTS: Final = Dashboard(
    "corridor-movements",
    "Corridor: movements",
    "For the manager of a customs service: how many movements are under way, where they stand, and what is overdue.",
    ("country",),
    (
        Panel("Under way", "stat", "short",
              "Movements that have not ended, as the chosen nodes know them. A movement is known to each country that takes part.",
              (Query(f"sum(corridor_movements_open{{{NODE}}})"),)),
        Panel("Overdue", "stat", "short",
              "Deadlines that have passed. Somebody has to follow each up: `corridor movement list --overdue`.",
              (Query(f"sum(corridor_movements_overdue{{{NODE}}})"),), warn=1, bad=10),
        Panel("Sent today", "stat", "short", "Records of the own national system accepted in 24 hours.",
              (Query(f"sum(increase(corridor_records_accepted_total{{{NODE}}}[1d]))"),)),
        Panel("Received today", "stat", "short", "Records of partners stored in 24 hours.",
              (Query(f"sum(increase(corridor_records_stored_total{{{NODE}}}[1d]))"),)),
        Panel("Receipted within a minute", "stat", "percentunit", "Of four weeks. The objective is 99 of 100.",
              (Query('min(country:corridor_receipted_60s:ratio_28d{country=~"$country"})'),), warn=0.99, bad=0.95),
        Panel("Where they stand", "timeseries", "short",
              "Movements under way by state; counted once a minute. A state that only grows is one nobody follows up.",
              (Query(f"sum by (state) (corridor_movements{{{NODE}}}) > 0", "{{state}}"),), may_be_empty=True),
        Panel("Overdue, by what", "timeseries", "short",
              "Presentation at destination, arrival, result of control, answer to an enquiry, recovery.",
              (Query(f"sum by (kind) (corridor_movements_overdue{{{NODE}}})", "{{kind}}"),), warn=1, bad=10),
        Panel("Sent today, by type", "table", "short", "Records of the own national system accepted in 24 hours.",
              (Query(f"sort_desc(sum by (message_type) (increase(corridor_records_accepted_total{{{NODE}}}[1d])) > 0)"),),
              may_be_empty=True),
        Panel("Accepted and refused", "timeseries", "reqps",
              "Records that partners accepted and refused, by their receipts; and what was not taken from the own national "
              "system, by reason: it was not sent, and its sender has to mend it.",
              (Query(by("verdict", f"corridor_records_receipted_total{{{NODE}}}"), "{{verdict}} by partners"),
               Query(f"sum by (reason) (rate(corridor_submissions_refused_total{{{NODE}}}[$__rate_interval])) > 0",
                     "not taken: {{reason}}")), may_be_empty=True),
        Panel("Waiting for the national system", "timeseries", "short",
              "Records of partners that the own system has not taken.",
              (Query(f"corridor_inbox_waiting_records{{{NODE}}}", "{{country}}"),), folded=True),
        Panel("From accepted to signed for", "timeseries", "s", "Nineteen of twenty envelopes are faster.",
              (Query(quantile(0.95, LATENCY, NODE, "le, country"), "{{country}}"),), warn=60, bad=900, folded=True),
    ),
)  # fmt: skip
