"""For every alert samples with which it fires, and samples with which it does not."""

from dataclasses import dataclass, field

DAY_S = 86_400
MIB = 2**20


@dataclass(frozen=True)
class Case:
    """Samples a minute, in promtool's notation, and whether the alert fires at `at`."""

    alert: str
    fires: bool
    series: dict[str, str] = field(default_factory=dict)
    at: str = "10m"
    labels: dict[str, str] = field(default_factory=dict)


def peer(name: str, values: str, labels: str = "") -> dict[str, str]:
    return {f'{name}{{country="GE", job="corridor", peer="TR.TCA"{labels}}}': values}


def node(name: str, values: str, labels: str = "") -> dict[str, str]:
    return {f'{name}{{country="GE", job="corridor"{labels}}}': values}


OLDEST = "corridor_outbox_oldest_record_timestamp_seconds"
SEEN = "corridor_peer_last_seen_timestamp_seconds"
FRAMES = "corridor_frames_refused_total"
REFUSED = "corridor_records_refused_total"
LATENCY = "corridor_end_to_end_latency_seconds"
KEY, DIRECTORY = (
    "corridor_encryption_key_until_timestamp_seconds",
    "corridor_directory_expiry_timestamp_seconds",
)
CERTIFICATE = "corridor_certificate_expiry_timestamp_seconds"
DELEGATION = "corridor_delegation_expiry_timestamp_seconds"
AGREED = "corridor_reconcile_agreed_until_timestamp_seconds"
SAID = "corridor_acceptance_said_timestamp_seconds"
WAITING = "corridor_quarantine_oldest_timestamp_seconds"
NOT_KEPT = "corridor_quarantine_not_kept_total"
DEAD = "corridor_dead_letters_oldest_timestamp_seconds"
BACKUP = "corridor_backup_last_success_timestamp_seconds"
STARTED = "process_start_time_seconds"
FORGED = ', link="TR", reason="signature"'
DROPPED = ', link="TR", reason="malformed"'


def connected(sender: str, receiver: str) -> dict[str, str]:
    name = "corridor_broker_connected"
    return {**node(name, sender, ', role="sender"'), **node(name, receiver, ', role="receiver"')}


def latency(good: str, every: str) -> dict[str, str]:
    return {**peer(f"{LATENCY}_bucket", good, ', le="60.0"'), **peer(f"{LATENCY}_count", every)}


def publishing(failed: str, published: str) -> dict[str, str]:
    return {
        **peer("corridor_publish_failures_total", failed, ', reason="returned"'),
        **peer("corridor_publish_failures_total", "0x120", ', reason="nacked"'),
        **peer("corridor_envelopes_published_total", published, ', family="data"'),
        **peer("corridor_envelopes_published_total", "0x120", ', family="control"'),
    }


LINK_UP, TROUBLE, CLOCK = (
    "corridor_federation_link_up",
    "corridor_link_trouble",
    "corridor_clock_off_seconds",
)


def watched(up: str, sees: str = "1x20") -> dict[str, str]:
    return {**peer(LINK_UP, up), **node("corridor_links_watched", sees)}


def repairs(values: str) -> dict[str, str]:
    return peer("corridor_link_repairs_total", values, ', outcome="done"')


STATE, FREE = "corridor_peer_state", "corridor_store_free_bytes"
REPAIRS, SKEW = "corridor_link_repairs_total", "corridor_peer_clock_skew_seconds"
SPOOL = "corridor_spool_oldest_file_timestamp_seconds"
HOOK = "corridor_webhook_failing_since_timestamp_seconds"
OVERDUE = "corridor_movements_overdue"


def broker(disk_mib: int, memory_mib: int) -> dict[str, str]:
    left = {
        "rabbitmq_disk_space_available_bytes": 1_000 + disk_mib,
        "rabbitmq_disk_space_available_limit_bytes": 1_000,
        "rabbitmq_resident_memory_limit_bytes": 1_000 + memory_mib,
        "rabbitmq_process_resident_memory_bytes": 1_000,
    }
    return {
        f'{name}{{country="GE", job="rabbitmq"}}': f"{value * MIB}x12"
        for name, value in left.items()
    }


def taken(waiting: str, delivered: str) -> dict[str, str]:
    return {
        **node("corridor_inbox_waiting_records", waiting),
        **node("corridor_records_delivered_total", delivered),
    }


def http(failed: str) -> dict[str, str]:
    name = "corridor_http_requests_total"
    return {
        **node(name, failed, ', route="/v1/records", method="POST", status="5xx"'),
        **node(name, "0+9x20", ', route="/v1/records", method="POST", status="4xx"'),
    }


CASES = (
    Case("CorridorLinkDown", True, watched("0x20"), at="12m", labels={"peer": "TR.TCA"}),
    Case("CorridorLinkDown", False, watched("0x5 1x15"), at="12m"),
    Case("CorridorLinkDown", False, watched("0x20", "0x20"), at="12m"),
    Case("CorridorLinkFlapping", True, peer(TROUBLE, "0x5 1x5", ', trouble="flapping"')),
    Case("CorridorLinkFlapping", False, peer(TROUBLE, "1x10", ', trouble="silent"')),
    Case("CorridorLinkRepairs", True, repairs("0+1x60"), at="40m", labels={"peer": "TR.TCA"}),
    Case("CorridorLinkRepairs", False, repairs("0x20 2x40"), at="40m"),
    Case("CorridorLinksUnwatched", True, node("corridor_links_watched", "0x20"), at="12m"),
    Case("CorridorLinksUnwatched", False, node("corridor_links_watched", "0x5 1x15"), at="12m"),
    Case("CorridorCanaryLate", True, peer("corridor_canary_waiting_seconds", "0+60x20")),
    Case("CorridorCanaryLate", False, peer("corridor_canary_waiting_seconds", "0+60x3 0x20")),
    Case("CorridorBrokerAlarm", True, node("corridor_broker_alarm", "1x20", ', resource="memory"'),
         labels={"resource": "memory"}),
    Case("CorridorBrokerAlarm", False,
         node("corridor_broker_alarm", "0x20", ', resource="memory"')),
    Case("CorridorQueueOrphaned", True, node(TROUBLE, "1x90", ', peer="none", trouble="orphaned"'),
         at="80m"),
    Case("CorridorQueueOrphaned", False,
         node(TROUBLE, "1x20 0x90", ', peer="none", trouble="orphaned"'), at="80m"),
    Case("CorridorClockWrong", True, node(CLOCK, "0x5 -259200x9", ', trouble="jumped"'),
         labels={"trouble": "jumped"}),
    Case("CorridorClockWrong", False, node(CLOCK, "600x20", ', trouble="ahead_of_partners"')),
    Case("CorridorClockSuspected", True, node(CLOCK, "600x20", ', trouble="ahead_of_partners"'),
         at="18m"),
    Case("CorridorClockSuspected", False, node(CLOCK, "600x5 0x20", ', trouble="behind_partners"'),
         at="18m"),
    Case("CorridorNodeDown", True, node("up", "1x5 0x5"), labels={"country": "GE"}),
    Case("CorridorNodeDown", False, node("up", "1x8 0x1 1x5")),
    Case("CorridorOutboxStuck", True, peer(OLDEST, "60x15"), labels={"peer": "TR.TCA"}),
    Case("CorridorOutboxStuck", False, peer(OLDEST, "0x15")),
    Case("CorridorOutboxStuck", False, peer(OLDEST, "0+60x15")),
    Case("CorridorOutboxStuck", True,
         {**peer(OLDEST, "60x15"), **peer("corridor_peer_state", "0x15", ', state="paused"')},
         labels={"peer": "TR.TCA"}),
    Case("CorridorOutboxStuck", False,
         {**peer(OLDEST, "60x15"), **peer("corridor_peer_state", "1x15", ', state="paused"')}),
    Case("CorridorPeerPaused", True,
         peer("corridor_peer_state", "1x1500", ', state="paused"'), at="1500m"),
    Case("CorridorPeerPaused", False,
         peer("corridor_peer_state", "1x900 0x60 1x540", ', state="paused"'), at="1500m"),
    Case("CorridorAcceptanceOld", True, peer(SAID, "60x4330"), at="4330m"),
    Case("CorridorAcceptanceOld", False, peer(SAID, "60x2000 120000x2330"), at="4330m"),
    Case("CorridorAcceptanceOld", False, peer(SAID, "0x4330"), at="4330m"),  # it never said any
    Case("CorridorBrokerDisconnected", True, connected("1x12", "0x12")),
    Case("CorridorBrokerDisconnected", False, connected("0x3 1x9", "1x12")),
    Case("CorridorBrokerDisconnectedLong", True, connected("0x50", "0x50"), "40m"),
    Case("CorridorBrokerDisconnectedLong", False, connected("0x12 1x40", "1x50"), "40m"),
    Case("CorridorBrokerBlocked", True, node("corridor_broker_blocked", "0 1x12")),
    Case("CorridorBrokerBlocked", False, node("corridor_broker_blocked", "0x8 1 0x8")),
    Case("CorridorWayShut", True, peer("corridor_link_open", "0x15"), "12m"),
    Case("CorridorWayShut", False, peer("corridor_link_open", "1x9 0x3 1x3"), "12m"),
    Case("CorridorQueueConfirmsNothing", True,
         peer("corridor_peer_state", "1x15", ', state="unconfirmed"')),
    Case("CorridorQueueConfirmsNothing", False,
         peer("corridor_peer_state", "1x15", ', state="no_route"')),
    Case("CorridorTakesNoMore", True,
         node("corridor_back_pressure", "0 1x12", ', cause="disk_low"'),
         labels={"cause": "disk_low"}),
    Case("CorridorTakesNoMore", False,
         node("corridor_back_pressure", "0 1x12", ', cause="inbox_full"')),
    Case("CorridorInboxFull", True,
         node("corridor_back_pressure", "0 1x12", ', cause="inbox_full"'),
         labels={"cause": "inbox_full"}),
    Case("CorridorInboxFull", False,
         node("corridor_back_pressure", "0 1x12", ', cause="disk_low"')),
    Case("CorridorPeerSilent", True, peer(SEEN, "60x400"), "390m"),
    Case("CorridorPeerSilent", False, peer(SEEN, "60x200 12000x200"), "390m"),
    Case("CorridorPeerSilent", False, peer(SEEN, "0x400"), "390m"),  # not heard of since the start
    Case("CorridorForgedOrForeignFrames", True, node(FRAMES, "0x5 1x5", FORGED),
         labels={"link": "TR", "reason": "signature", "team": "security"}),
    Case("CorridorForgedOrForeignFrames", False, node(FRAMES, "0x5 9x5", DROPPED)),
    Case("CorridorSpoiltEnvelopes", True, peer(REFUSED, "0x5 1x5", ', reason="spoilt"'),
         labels={"peer": "TR.TCA", "team": "security"}),
    Case("CorridorSpoiltEnvelopes", False, peer(REFUSED, "0x5 9x5", ', reason="malformed"')),
    Case("CorridorRecordsRefused", True,
         peer(REFUSED, "0+2x60", ', reason="record_invalid"'), "60m"),
    Case("CorridorRecordsRefused", False,
         peer(REFUSED, "0x30 3x30", ', reason="record_invalid"'), "60m"),
    Case("CorridorSubmissionsRefused", True,
         node("corridor_submissions_refused_total", "0+2x60", ', reason="record_invalid"'), "60m"),
    Case("CorridorSubmissionsRefused", False,
         node("corridor_submissions_refused_total", "0x30 9x30", ', reason="record_invalid"'),
         "60m"),
    Case("CorridorUnexpectedMessages", True,
         node("corridor_unexpected_messages_total", "0x5 1x5", ', queue="corridor.dlq"')),
    Case("CorridorUnexpectedMessages", False,
         node("corridor_unexpected_messages_total", "3x15", ', queue="corridor.dlq"')),
    Case("CorridorQuarantineWaiting", True, node(WAITING, "60x300", ', link="TR"'), "260m",
         labels={"link": "TR"}),
    Case("CorridorQuarantineWaiting", False, node(WAITING, "60x200 0x100", ', link="TR"'), "260m"),
    Case("CorridorQuarantineWaiting", False, node(WAITING, "0x300", ', link="TR"'), "260m"),
    Case("CorridorQuarantineFull", True, node(NOT_KEPT, "0x5 3x10", ', link="TR"'),
         labels={"link": "TR", "team": "security"}),
    Case("CorridorQuarantineFull", False, node(NOT_KEPT, "9x15", ', link="TR"')),
    Case("CorridorDeadLettersWaiting", True, peer(DEAD, "60x1500"), "1450m"),
    Case("CorridorDeadLettersWaiting", False, peer(DEAD, "60x1400 0x100"), "1450m"),
    Case("CorridorLatencySlow", True, latency("0+1x120", "0+2x120"), "110m"),
    Case("CorridorLatencySlow", False, latency("0+2x120", "0+2x120"), "110m"),
    Case("CorridorLatencySlow", False, latency("0x120", "0x80 20x40"), "110m"),  # too few to judge
    Case("CorridorPublishFailures", True, publishing("0+2x120", "0+20x120"), "90m"),
    Case("CorridorPublishFailures", False, publishing("0+2x20 40x100", "0+20x120"), "90m"),
    Case("CorridorPublishFailures", False, publishing("0+1x120", "0+2x120"), "90m"),  # too few
    Case("CorridorKeyEnds", True, node(KEY, f"{10 * DAY_S}x15")),
    Case("CorridorKeyEnds", False, node(KEY, f"{20 * DAY_S}x15")),
    Case("CorridorKeyEndsNow", True, node(KEY, f"{2 * DAY_S}x15")),
    Case("CorridorKeyEndsNow", False, node(KEY, f"{10 * DAY_S}x15")),
    Case("CorridorDirectoryEnds", True, node(DIRECTORY, f"{10 * DAY_S}x15")),
    Case("CorridorDirectoryEnds", False, node(DIRECTORY, f"{20 * DAY_S}x15")),
    Case("CorridorDirectoryEndsNow", True, node(DIRECTORY, f"{2 * DAY_S}x15")),
    Case("CorridorDirectoryEndsNow", False, node(DIRECTORY, f"{10 * DAY_S}x15")),
    Case("CorridorCertificateEnds", True, node(CERTIFICATE, f"{20 * DAY_S}x15", ', purpose="ca"'),
         labels={"purpose": "ca"}),
    Case("CorridorCertificateEnds", False, node(CERTIFICATE, f"{40 * DAY_S}x15", ', purpose="ca"')),
    Case("CorridorCertificateEnds", False, node(CERTIFICATE, "0x15", ', purpose="ca"')),
    Case("CorridorCertificateEndsNow", True,
         node(CERTIFICATE, f"{2 * DAY_S}x15", ', purpose="fed-at-tr"'),
         labels={"purpose": "fed-at-tr"}),
    Case("CorridorCertificateEndsNow", True, node(CERTIFICATE, "60x15", ', purpose="node"'),
         labels={"purpose": "node"}),  # it has ended
    Case("CorridorCertificateEndsNow", False,
         node(CERTIFICATE, f"{20 * DAY_S}x15", ', purpose="node"')),
    Case("CorridorCertificateEndsNow", False, node(CERTIFICATE, "0x15", ', purpose="node"')),
    Case("CorridorDelegationEnds", True, node(DELEGATION, f"{20 * DAY_S}x15")),
    Case("CorridorDelegationEnds", False, node(DELEGATION, f"{40 * DAY_S}x15")),
    Case("CorridorDelegationEndsNow", True, node(DELEGATION, f"{2 * DAY_S}x15")),
    Case("CorridorDelegationEndsNow", False, node(DELEGATION, f"{20 * DAY_S}x15")),
    Case("CorridorNoNodesScraped", True, {'up{country="GE", job="corridors"}': "1x15"}),
    Case("CorridorNoNodesScraped", False, node("up", "0x15")),  # down, and looked at
    Case("CorridorNodeRestarts", True,
         node("process_start_time_seconds", "1+100x30"), "20m", labels={"country": "GE"}),
    Case("CorridorNodeRestarts", False,
         node("process_start_time_seconds", "1x5 300x5 600x5 900x15"), "25m"),
    Case("CorridorBackupOld", True, node(BACKUP, "60x1700"), "1640m"),
    Case("CorridorBackupOld", False, node(BACKUP, "60x1000 60000x700"), "1640m"),
    Case("CorridorBackupOld", True, {**node(BACKUP, "0x1700"), **node(STARTED, "60x1700")},
         "1640m"),  # none was ever made
    Case("CorridorBackupOld", False, {**node(BACKUP, "0x1700"), **node(STARTED, "60000x1700")},
         "1640m"),  # none yet, and it has not run for so long
    Case("CorridorBackupOld", False,
         {**node(BACKUP, "0x800 50000x900"), **node(STARTED, "60x1700")},
         "1640m"),
    Case("CorridorBackupOld", False, node(STARTED, "60x1700"), "1640m"),  # none is made here
    Case("CorridorAuditBroken", True, node("corridor_audit_chain_valid", "1x5 0x9")),
    Case("CorridorAuditBroken", False, node("corridor_audit_chain_valid", "1x15")),
    Case("CorridorReconcileDifference", True, peer("corridor_reconcile_cases", "0x5 1x20"), "25m",
         labels={"peer": "TR.TCA"}),
    Case("CorridorReconcileDifference", False, peer("corridor_reconcile_cases", "0x5 1x9 0x9"),
         "20m"),  # a record came late
    Case("CorridorReconcileLate", True, peer(AGREED, "60x2250"), "2200m"),
    Case("CorridorReconcileLate", False, peer(AGREED, "60x1500 90000x750"), "2200m"),
    Case("CorridorReconcileLate", False, peer(AGREED, "0x2250"), "2200m"),  # an older node
    Case("CorridorRecoveryIncomplete", True, peer("corridor_recovery_incomplete", "1x150"), "140m",
         labels={"peer": "TR.TCA"}),
    Case("CorridorRecoveryIncomplete", False, peer("corridor_recovery_incomplete", "1x90 0x60"),
         "140m"),
    Case("CorridorPeerDoesNotAnswer", True, peer(STATE, "1x15", ', state="silent"'), "12m",
         labels={"peer": "TR.TCA"}),
    Case("CorridorPeerDoesNotAnswer", False, peer(STATE, "1x9 0x6", ', state="silent"'), "12m"),
    Case("CorridorNoKeyOfPeer", True, peer(STATE, "1x15", ', state="no_key"'), "12m"),
    Case("CorridorNoKeyOfPeer", False, peer(STATE, "1x15", ', state="silent"'), "12m"),
    Case("CorridorFramesRefused", True, node(FRAMES, "0+2x60", DROPPED), "60m",
         labels={"link": "TR", "reason": "malformed"}),
    Case("CorridorFramesRefused", False, node(FRAMES, "0x30 9x30", DROPPED), "60m"),
    Case("CorridorFramesRefused", False, node(FRAMES, "0+2x60", FORGED), "60m"),  # is paged
    Case("CorridorOwnMistake", True,
         node("corridor_own_mistakes_total", "0x5 1x5", ', kind="frame"')),
    Case("CorridorOwnMistake", False, node("corridor_own_mistakes_total", "7x9", ', kind="frame"')),
    Case("CorridorStoreUnreadable", True, node("corridor_store_readable", "1x5 0x9")),
    Case("CorridorStoreUnreadable", False, node("corridor_store_readable", "1x9 0x1 1x5")),
    Case("CorridorStoreFails", True,
         node("corridor_store_failures_total", "0x5 1x5", ', reason="store"')),
    Case("CorridorStoreFails", False,
         node("corridor_store_failures_total", "0x5 9x5", ', reason="store_full"')),
    Case("CorridorDiskFillsSoon", True, node(FREE, f"{900 * MIB}-{MIB}x600"), "480m"),
    Case("CorridorDiskFillsSoon", False, node(FREE, f"{90_000 * MIB}-{MIB}x600"), "480m"),
    Case("CorridorDiskFillsSoon", False, node(FREE, f"{900 * MIB}-{MIB}x120"), "90m"),  # too young
    Case("CorridorBrokerNotSeen", True,
         {'up{country="GE", job="rabbitmq"}': "1x3 0x12"}, labels={"country": "GE"}),
    Case("CorridorBrokerNotSeen", False, {'up{country="GE", job="rabbitmq"}': "1x7 0x3 1x5"}),
    Case("CorridorBrokerShortSoon", True, broker(500, 500), labels={"country": "GE"}),
    Case("CorridorBrokerShortSoon", True, broker(5_000, 10), labels={"country": "GE"}),
    Case("CorridorBrokerShortSoon", False, broker(5_000, 500)),
    Case("CorridorNotFetched", True, peer(TROUBLE, "1x15", ', trouble="not_fetched"'), "12m",
         labels={"peer": "TR.TCA"}),
    Case("CorridorNotFetched", False, peer(TROUBLE, "1x8 0x7", ', trouble="not_fetched"'), "12m"),
    Case("CorridorLinkRepairsFail", True, peer(REPAIRS, "0+1x60", ', outcome="failed"'), "30m"),
    Case("CorridorLinkRepairsFail", False, peer(REPAIRS, "0+1x60", ', outcome="done"'), "30m"),
    Case("CorridorPeerClockSkew", True, peer(SKEW, "-9x20"), "18m", labels={"peer": "TR.TCA"}),
    Case("CorridorPeerClockSkew", False, peer(SKEW, "4x20"), "18m"),
    Case("CorridorNationalSystemTakesNothing", True, taken("12x90", "7x90"), "80m",
         labels={"team": "national system"}),
    Case("CorridorNationalSystemTakesNothing", False, taken("12x90", "0+1x90"), "80m"),
    Case("CorridorNationalSystemTakesNothing", False, taken("0x90", "7x90"), "80m"),
    Case("CorridorSpoolWaits", True, node(SPOOL, "60x30"), "20m",
         labels={"team": "national system"}),
    Case("CorridorSpoolWaits", False, node(SPOOL, "60x10 900x20"), "20m"),
    Case("CorridorSpoolWaits", False, node(SPOOL, "0x30"), "20m"),
    Case("CorridorSpoolFails", True,
         node("corridor_spool_troubles_total", "0+2x20", ', cause="folder_missing"'),
         labels={"cause": "folder_missing"}),
    Case("CorridorSpoolFails", False,
         node("corridor_spool_troubles_total", "0x9 2x9", ', cause="internal"')),
    Case("CorridorWebhookFails", True, node(HOOK, "60x30", ', stream="inbox"'), "20m",
         labels={"stream": "inbox"}),
    Case("CorridorWebhookFails", False, node(HOOK, "60x9 0x20", ', stream="inbox"'), "20m"),
    Case("CorridorHttpFails", True, http("0+1x20"), labels={"country": "GE"}),
    Case("CorridorHttpFails", False, http("0x5 2x15")),
    Case("CorridorHttpStrangers", True,
         node("corridor_http_problems_total", "0+5x20", ', code="unauthenticated"'),
         labels={"team": "security"}),
    Case("CorridorHttpStrangers", False,
         node("corridor_http_problems_total", "0+5x20", ', code="rate_limited"')),
    Case("CorridorMovementsOverdue", True, node(OVERDUE, "3x1500", ', kind="arrival"'), "1450m",
         labels={"team": "officers", "kind": "arrival"}),
    Case("CorridorMovementsOverdue", False, node(OVERDUE, "3x1400 0x99", ', kind="arrival"'),
         "1450m"),
    Case("CorridorWatchdog", True),
)  # fmt: skip
ALWAYS = {"CorridorWatchdog"}
