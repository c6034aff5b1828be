"""Alerts of what stands between a node and those who work with it: systems, files, officers."""

from typing import Final

from alert import Alert

EDGE: Final = (
    Alert(
        "CorridorSubmissionsRefused",
        "increase(corridor_submissions_refused_total[{refused_window_s}s]) > {submissions_refused}",
        None,
        "ticket",
        "Records of the own national system are refused: {{ $labels.reason }}.",
        "Our national system's records are refused",
        team="national system",
    ),
    Alert(
        "CorridorInboxFull",
        'corridor_back_pressure{{cause="inbox_full"}} == 1',
        "pressure_s",
        "page",
        "The national system of {{ $labels.country }} takes nothing; partners have to wait.",
        "The national system takes nothing",
    ),
    Alert(
        "CorridorNationalSystemTakesNothing",
        "corridor_inbox_waiting_records > 0 and on (country)"
        " increase(corridor_records_delivered_total[{taken_window_s}s]) == 0",
        "taken_for_s",
        "ticket",
        "{{ $value }} records wait for the national system of {{ $labels.country }}, which takes "
        "none.",
        "The national system takes nothing",
        team="national system",
    ),
    Alert(
        "CorridorSpoolWaits",
        "time() - (corridor_spool_oldest_file_timestamp_seconds > 0) > {spool_age_s}",
        None,
        "ticket",
        "A file of the national system has lain in out/ for {{ $value | humanizeDuration }}.",
        "The spool or the webhook does not work",
        team="national system",
    ),
    Alert(
        "CorridorSpoolFails",
        "increase(corridor_spool_troubles_total[{spool_window_s}s]) > {spool_troubles}",
        None,
        "ticket",
        "The spool of {{ $labels.country }} cannot be used: {{ $labels.cause }}.",
        "The spool or the webhook does not work",
        team="national system",
    ),
    Alert(
        "CorridorWebhookFails",
        "time() - (corridor_webhook_failing_since_timestamp_seconds > 0) > {webhook_failing_s}",
        None,
        "ticket",
        "No post of {{ $labels.stream }} to the national system has succeeded for "
        "{{ $value | humanizeDuration }}.",
        "The spool or the webhook does not work",
        team="national system",
    ),
    Alert(
        "CorridorHttpFails",
        'sum by (country) (increase(corridor_http_requests_total{{status="5xx"}}'
        "[{http_window_s}s])) > {http_failures}",
        None,
        "ticket",
        "{{ $value | humanize }} requests of the national system were answered with a failure.",
        "A national system gets no answer over HTTP",
    ),
    Alert(
        "CorridorHttpStrangers",
        'increase(corridor_http_problems_total{{code="unauthenticated"}}[{http_window_s}s])'
        " > {http_strangers}",
        None,
        "ticket",
        "{{ $value | humanize }} requests over HTTP came without a valid token.",
        "A national system gets no answer over HTTP",
        team="security",
    ),
    Alert(
        "CorridorMovementsOverdue",
        "corridor_movements_overdue > 0",
        "movements_overdue_s",
        "ticket",
        "{{ $value }} movements known to {{ $labels.country }} are overdue: {{ $labels.kind }}.",
        "Movements are overdue",
        team="officers",
    ),
)
