"""The in-memory twin: days with partners."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from corridor.exchange.tallies import DayRow
from corridor.exchange.values import Position, Verdict
from corridor.store.acceptances import MemoryAcceptances
from corridor.store.memory_state import InEnvelope, InRow, OutEnvelope, OutRow, Tables
from corridor.store.reconciling_port import Case, JudgedDay, Reconciliation, ToldDay
from corridor.store.recovering import MemoryRecovering
from corridor.store.rules import has_outcome
from corridor.transit.parties import Endpoint
from corridor.wire.tally import DayHead


class MemoryReconciling(MemoryRecovering, MemoryAcceptances):
    """Days with partners in memory."""

    _tables: Tables

    # -- records and streams
    def day_sent(self, peer: Endpoint, after: bytes, until: bytes, limit: int) -> Sequence[DayRow]:
        """Return business records of ours to the peer, ascending by id."""
        rows: Iterable[OutRow] = self._tables.data["outbox"].values()
        found = (
            DayRow(one.record_id, one.record_type, _number(one.verdict), _number(one.reason),
                   one.digest)
            for one in rows
            if one.peer == peer and after < one.record_id < until and has_outcome(one.record_type)
        )  # fmt: skip
        return sorted(found)[:limit]

    def day_received(
        self, peer: Endpoint, after: bytes, until: bytes, limit: int
    ) -> Sequence[DayRow]:
        """Return business records of the peer, ascending by id, each once."""
        found = {one.record_id: one for one in self._refused(peer)}
        inbox: Iterable[InRow] = self._tables.data["inbox"].values()
        for one in inbox:
            if one.peer == peer:
                verdict = _number(one.verdict)
                reason = _number(one.reason)
                row = DayRow(one.record_id, one.record_type, verdict, reason, one.digest)
                found[one.record_id] = row
        return sorted(row for id_, row in found.items() if after < id_ < until)[:limit]

    def _refused(self, peer: Endpoint) -> Iterator[DayRow]:
        """Return refusals in order of position: the last one of an id is its newest."""
        kept: dict[tuple[Endpoint, Position], InEnvelope] = self._tables.data["received"]
        for key in sorted(one for one in kept if one[0] == peer):
            for record in kept[key].envelope.records:
                if record.verdict is Verdict.REFUSED and has_outcome(record.record_type):
                    reason = _number(record.reason)
                    yield DayRow(record.record_id, record.record_type, 2, reason, b"")

    def sent_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of ours that was created before a time."""
        rows: Iterable[OutEnvelope] = self._tables.data["sealed"].values()
        envelopes = (row.envelope for row in rows)
        return _newest(
            (one.position, one.envelope_id)
            for one in envelopes
            if one.peer == peer and one.created_ms < before_ms
        )

    def received_head(self, peer: Endpoint, before_ms: int) -> DayHead:
        """Return the newest envelope of the peer that was created before a time."""
        rows: Iterable[InEnvelope] = self._tables.data["received"].values()
        envelopes = (row.envelope for row in rows)
        return _newest(
            (one.position, one.envelope_id)
            for one in envelopes
            if one.peer == peer and one.created_ms < before_ms
        )

    # -- who takes part
    def knows_tally(self, peer: Endpoint) -> bool:
        """Return whether the peer knows the record with which days are told."""
        knows: bool = self._tables.get("reconcilers", peer, (False, 0))[0]
        return knows

    def keep_knows_tally(self, peer: Endpoint, *, knows: bool) -> None:
        """Note whether the peer knows it."""
        self._tables.put("peers", peer, peer)
        _, counted = self._tables.get("reconcilers", peer, (False, 0))
        self._tables.put("reconcilers", peer, (knows, counted))

    def counted_days(self) -> Sequence[tuple[Endpoint, int]]:
        """Return the peers that know it, each with the newest day counted by itself."""
        rows = self._tables.data["reconcilers"].items()
        return sorted((peer, day) for peer, (knows, day) in rows if knows)

    def keep_counted(self, peer: Endpoint, day: int) -> None:
        """Note the newest day that was counted by itself."""
        kept = self._tables.get("reconcilers", peer)
        if kept is not None:
            self._tables.put("reconcilers", peer, (kept[0], day))

    # -- days
    def note_tally(self, peer: Endpoint, told: ToldDay, now_ms: int) -> None:
        """Keep what the peer told of a day."""
        self._tables.put("peers", peer, peer)
        kept = self.reconciliation(peer, told.day) or Reconciliation(peer, told.day)
        if kept.their_position <= told.position:
            row = kept._replace(
                theirs=told.body,
                their_envelope=told.envelope_id,
                their_position=told.position,
                heard_ms=now_ms,
                due=True,
            )
            self._tables.put("reconciliations", (peer, told.day), row)

    def mark_due(self, peer: Endpoint, days: Iterable[int]) -> None:
        """Have days counted."""
        self._tables.put("peers", peer, peer)
        for day in days:
            kept = self.reconciliation(peer, day) or Reconciliation(peer, day)
            self._tables.put("reconciliations", (peer, day), kept._replace(due=True))

    def days_due(
        self, newest: int, told_between: tuple[int, int], limit: int
    ) -> Sequence[Reconciliation]:
        """Return days that are due; those first that were looked at longest ago."""
        after, until = told_between
        due = (
            one
            for one in self._days()
            if one.due and one.day <= newest and not after < one.told_ms <= until
        )
        return sorted(due, key=lambda one: (one.judged_ms, one.day, one.peer))[:limit]

    def reconciliation(self, peer: Endpoint, day: int) -> Reconciliation | None:
        """Return a day with a peer."""
        found: Reconciliation | None = self._tables.get("reconciliations", (peer, day))
        return found

    def reconciliations(self, peer: Endpoint | None, limit: int) -> Sequence[Reconciliation]:
        """Return days with a peer, or with all, newest first."""
        named = (one for one in self._days() if peer in {None, one.peer})
        return sorted(named, key=lambda one: (-one.day, one.peer))[:limit]

    def agreed_days(self) -> Mapping[Endpoint, int]:
        """Return the newest day on which we agree with each peer."""
        agreed = sorted((one.peer, one.day) for one in self._days() if one.state == "agreed")
        return dict(agreed)

    def judge_day(self, judged: JudgedDay, now_ms: int) -> None:
        """Keep what came of counting a day."""
        kept = self.reconciliation(judged.peer, judged.day)
        if kept is not None:
            row = kept._replace(
                pending=judged.pending,
                state=judged.state,
                waits_for=judged.waits_for,
                judged_ms=now_ms,
                due=kept.their_envelope != judged.seen_envelope,
            )
            self._tables.put("reconciliations", (judged.peer, judged.day), row)

    def drop_day(self, peer: Endpoint, day: int) -> None:
        """Forget a day of which there is nothing to tell and nothing was told."""
        kept = self.reconciliation(peer, day)
        if kept is not None and not kept.told and not kept.theirs:
            self._tables.drop("reconciliations", (peer, day))

    def tallies_pending(self, peer: Endpoint, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return (day, body) of what the peer is to be told, oldest day first."""
        days = (one for one in self._days() if one.peer == peer and one.pending)
        return sorted((one.day, one.pending) for one in days)[:limit]

    def tallies_told(
        self, peer: Endpoint, told: Iterable[tuple[int, bytes]], envelope_id: bytes, now_ms: int
    ) -> None:
        """Note that an envelope of ours tells the peer this."""
        for day, body in told:
            kept = self.reconciliation(peer, day)
            if kept is not None:
                left = b"" if kept.pending == body else kept.pending
                row = kept._replace(
                    told=body, told_envelope=envelope_id, told_ms=now_ms, pending=left
                )
                self._tables.put("reconciliations", (peer, day), row)

    def forget_days(self, before: int) -> None:
        """Forget days before one, but for those with an open case."""
        for one in list(self._days()):
            if one.day < before and not self._open_cases(one.peer, one.day):
                self._tables.drop("reconciliations", (one.peer, one.day))

    def _days(self) -> Iterable[Reconciliation]:
        rows: Iterable[Reconciliation] = self._tables.data["reconciliations"].values()
        return rows

    # -- cases
    def open_case(self, peer: Endpoint, day: int, differences: str, now_ms: int) -> bool:
        """Open a case of a day, or tell one that is open what it is now."""
        for one in self._open_cases(peer, day):
            self._tables.put("cases", one.number, one._replace(differences=differences))
            return False
        self._tables.put("peers", peer, peer)
        number = self._tables.number("cases")
        self._tables.put("cases", number, Case(number, peer, day, now_ms, None, differences))
        return True

    def close_cases(self, peer: Endpoint, day: int, now_ms: int) -> int:
        """Close the cases of a day; returns how many were open."""
        found = self._open_cases(peer, day)
        for one in found:
            self._tables.put("cases", one.number, one._replace(closed_ms=now_ms))
        return len(found)

    def cases(self, limit: int, *, open_only: bool) -> Sequence[Case]:
        """Return cases, newest first."""
        rows: list[Case] = sorted(self._tables.data["cases"].values(), reverse=True)
        return [one for one in rows if one.closed_ms is None or not open_only][:limit]

    def cases_of(self, peer: Endpoint, day: int) -> Sequence[Case]:
        """Return every case of a day with a peer, newest first."""
        rows: list[Case] = sorted(self._tables.data["cases"].values(), reverse=True)
        return [one for one in rows if (one.peer, one.day) == (peer, day)]

    def _open_cases(self, peer: Endpoint, day: int) -> list[Case]:
        rows: Iterable[Case] = self._tables.data["cases"].values()
        return [one for one in rows if (one.peer, one.day, one.closed_ms) == (peer, day, None)]


def _number(value: int | None) -> int | None:
    return None if value is None else int(value)


def _newest(envelopes: Iterable[tuple[Position, bytes]]) -> DayHead:
    position, envelope_id = max(envelopes, default=(Position(0, 0), b""))
    return DayHead(position.epoch, position.seq, envelope_id)
