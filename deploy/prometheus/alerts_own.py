"""Alerts of what stands under a node: its certificates and keys, its process, who watches it."""

from typing import Final

from alert import Alert

_CERTIFICATE: Final = "(corridor_certificate_expiry_timestamp_seconds > 0) - time()"
_DELEGATION: Final = "(corridor_delegation_expiry_timestamp_seconds > 0) - time()"
_HEADING: Final = "A certificate or the delegation ends soon"

OWN: Final = (
    Alert(
        "CorridorCertificateEnds",
        f"{_CERTIFICATE} < {{renew_s}}",
        None,
        "ticket",
        "The certificate {{ $labels.purpose }} of {{ $labels.country }} ends in "
        "{{ $value | humanizeDuration }}.",
        _HEADING,
    ),
    Alert(
        "CorridorCertificateEndsNow",
        f"{_CERTIFICATE} < {{renew_page_s}}",
        None,
        "page",
        "In {{ $value | humanizeDuration }} the certificate {{ $labels.purpose }} of "
        "{{ $labels.country }} ends: no connection is made with it any more.",
        _HEADING,
    ),
    Alert(
        "CorridorDelegationEnds",
        f"{_DELEGATION} < {{renew_s}}",
        None,
        "ticket",
        "The key with which {{ $labels.country }} signs is lent to its node for "
        "{{ $value | humanizeDuration }} more.",
        _HEADING,
    ),
    Alert(
        "CorridorDelegationEndsNow",
        f"{_DELEGATION} < {{renew_page_s}}",
        None,
        "page",
        "In {{ $value | humanizeDuration }} nobody believes what {{ $labels.country }} signs: the "
        "delegation of its node's keys ends.",
        _HEADING,
    ),
    Alert(
        "CorridorNoNodesScraped",
        'absent(up{{job="corridor"}})',
        "nodes_unseen_s",
        "ticket",  # whoever changed the file sits before it; a node that is down pages
        "Prometheus looks at no node at all: it has no job called corridor, or that has no target.",
        "No node is looked at",
    ),
    Alert(
        "CorridorNodeRestarts",
        'changes(process_start_time_seconds{{job="corridor"}}[{restarts_window_s}s]) > {restarts}',
        None,
        "ticket",
        "The node of {{ $labels.country }} has started {{ $value }} times within half an hour.",
        "The node starts again and again",
    ),
)
