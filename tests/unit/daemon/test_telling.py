"""Partners are told our statements, by a broker that the test plays."""

from collections.abc import Callable, Sequence

import pytest

from corridor.daemon.telling import Telling
from corridor.transit.parties import CountryCode

AZ, TR = CountryCode("AZ"), CountryCode("TR")
OWN = (b"CRT1 delegation", b"CRT1 bundle")
Published = tuple[object, str, bytes, str]


class Publisher:
    """Notes what is published; time passes when the test says so."""

    def __init__(self) -> None:
        self.takes = True
        self.now_s = 1000.0
        self.published: list[Published] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def publish(self, token: object, country: str, body: bytes, message_id: str) -> bool:
        if self.takes:
            self.published.append((token, country, body, message_id))
        return self.takes

    def call_later(self, delay_s: float, action: Callable[[], None]) -> None:
        self.timers.append((self.now_s + delay_s, action))

    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds
        due = [one for one in self.timers if one[0] <= self.now_s]
        self.timers = [one for one in self.timers if one[0] > self.now_s]
        for _, action in due:
            action()

    def take(self) -> list[Published]:
        taken, self.published = self.published, []
        return taken


class Sender:
    """Notes what is passed on."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, object]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.heard.append((name, *arguments))


@pytest.fixture
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
def telling(publisher: Publisher, sender: Sender) -> Telling:
    made = Telling(sender, draw=lambda: 1.0, clock_s=lambda: publisher.now_s)  # type: ignore[arg-type]
    made.attach(publisher)  # type: ignore[arg-type]
    return made


def said(published: Sequence[Published]) -> list[tuple[str, bytes]]:
    return [(country, body) for _, country, body, _ in published]


def tokens(published: Sequence[Published]) -> list[object]:
    return [token for token, *_ in published]


def test_every_partner_is_told_when_the_broker_is_there(
    telling: Telling, publisher: Publisher, sender: Sender
) -> None:
    telling.tell(OWN, (AZ, TR))
    assert publisher.take() == []
    telling.on_ready()
    first = publisher.take()
    assert sorted(said(first)) == sorted((country, one) for country in (AZ, TR) for one in OWN)
    assert len({message_id for *_, message_id in first}) == 4  # a return is told from another's
    assert sender.heard == [("on_ready",)]


def test_a_new_partner_is_told_at_once_and_the_others_are_not_told_twice(
    telling: Telling, publisher: Publisher
) -> None:
    telling.tell(OWN, (AZ,))
    telling.on_ready()
    telling.on_confirmed(tokens(publisher.take()))
    telling.tell(OWN, (AZ, TR))
    assert said(publisher.take()) == [("TR", OWN[0]), ("TR", OWN[1])]
    telling.tell((OWN[0], b"CRT1 next bundle"), (AZ,))
    assert said(publisher.take()) == [("AZ", b"CRT1 next bundle")]


def test_what_was_returned_is_told_again_each_time_later_and_costs_the_others_nothing(
    telling: Telling, publisher: Publisher
) -> None:
    telling.tell(OWN, (AZ, TR))
    telling.on_ready()
    first = publisher.take()
    telling.on_confirmed([one[0] for one in first if one[1] == "AZ"])
    waits = []
    back = [one[0] for one in first if one[1] == "TR"]
    for _ in range(9):
        telling.on_returned(back)
        (at_s, _action) = publisher.timers[0]
        waits.append(at_s - publisher.now_s)
        publisher.pass_time(waits[-1])
        again = publisher.take()
        assert said(again) == [("TR", OWN[0]), ("TR", OWN[1])]
        back = tokens(again)
    assert waits == [10, 20, 40, 80, 160, 320, 640, 900, 900]
    telling.on_confirmed(back)
    assert publisher.timers == []


def test_a_publisher_that_takes_nothing_is_asked_again(
    telling: Telling, publisher: Publisher
) -> None:
    publisher.takes = False
    telling.tell(OWN, (TR,))
    telling.on_ready()
    assert publisher.take() == []
    telling.tell(OWN, (TR,))  # resting: no storm
    assert len(publisher.timers) == 1
    publisher.takes = True
    publisher.pass_time(10)
    assert len(publisher.take()) == 2


def test_a_connection_made_anew_repeats_what_is_not_known_to_be_with_the_broker(
    telling: Telling, publisher: Publisher
) -> None:
    telling.tell(OWN, (TR,))
    telling.on_ready()
    telling.on_confirmed(tokens(publisher.take())[:1])
    telling.on_lost("gone")
    telling.on_ready()
    assert said(publisher.take()) == [("TR", OWN[1])]
    publisher.pass_time(61)
    telling.on_lost("gone")
    telling.on_ready()
    assert len(publisher.take()) == 2


def test_own_statements_are_told_again_when_it_is_time_and_news_only_once(
    telling: Telling, publisher: Publisher
) -> None:
    telling.tell(OWN, (AZ, TR))
    telling.on_ready()
    telling.on_confirmed(tokens(publisher.take()))
    telling.hand_on([b"CRT1 directory"], "TR")
    handed = publisher.take()
    assert said(handed) == [("AZ", b"CRT1 directory")]
    telling.on_confirmed(tokens(handed))
    telling.tell_again()
    assert {body for _, body in said(publisher.take())} == set(OWN)


def test_news_for_a_partner_that_is_away_are_bounded(
    telling: Telling, publisher: Publisher
) -> None:
    telling.tell((), (TR,))
    for number in range(40):
        telling.hand_on([b"CRT1 %d" % number])
    telling.on_ready()
    assert said(publisher.take()) == [("TR", b"CRT1 %d" % number) for number in range(24, 40)]


def test_what_is_the_senders_is_passed_on_and_what_is_of_a_former_partner_ends(
    telling: Telling, publisher: Publisher, sender: Sender
) -> None:
    telling.tell(OWN, (TR,))
    telling.on_ready()
    (one, two) = tokens(publisher.take())
    telling.tell(OWN, ())
    telling.on_confirmed([b"a", one])
    telling.on_returned([two])
    telling.on_nacked([b"c"])
    telling.on_blocked("disk")
    telling.on_unblocked()
    telling.on_room()
    error = RuntimeError("x")
    telling.on_failed(error)
    telling.on_lost("gone")
    assert sender.heard == [
        ("on_ready",), ("on_confirmed", [b"a"]), ("on_nacked", [b"c"]), ("on_blocked", "disk"),
        ("on_unblocked",), ("on_room",), ("on_failed", error), ("on_lost", "gone"),
    ]  # fmt: skip
    assert publisher.timers == []
