"""Looking for queues where a version of RabbitMQ refuses to look."""

from collections.abc import Callable

from pika.exceptions import ChannelClosedByBroker, ChannelClosedByClient

from corridor.transport.finder import QueueFinder


class Channel:
    """A channel that is closed with a code for each queue that is asked for, or answers (0)."""

    def __init__(self, codes: dict[str, int]) -> None:
        self.codes = codes
        self.closed: Callable[[object, Exception], None] = lambda _channel, _error: None

    def add_on_close_callback(self, callback: Callable[[object, Exception], None]) -> None:
        self.closed = callback

    def queue_declare(
        self, queue: str, *, passive: bool, callback: Callable[[object], None]
    ) -> None:
        assert passive
        if self.codes[queue]:
            self.closed(self, ChannelClosedByBroker(self.codes[queue], "no"))
        else:
            callback(None)

    def close(self) -> None:
        self.closed(self, ChannelClosedByClient(200, "bye"))


class Connection:
    """A connection that opens such channels."""

    def __init__(self, codes: dict[str, int]) -> None:
        self.codes = codes
        self.is_open = True
        self.opened = 0

    def channel(self, on_open_callback: Callable[[Channel], None]) -> None:
        self.opened += 1
        on_open_callback(Channel(self.codes))


def search(connection: Connection) -> tuple[list[str], list[QueueFinder]]:
    found: list[str] = []
    done: list[QueueFinder] = []
    QueueFinder(connection, connection.codes, found.append, done.append).look()
    return found, done


def test_a_missing_queue_is_left_out_and_the_search_goes_on() -> None:
    connection = Connection({"a": 0, "b": 404, "c": 0})
    found, done = search(connection)
    assert found == ["a", "c"]
    assert len(done) == 1
    assert connection.opened == 2


def test_a_queue_that_may_not_be_looked_at_is_read_all_the_same() -> None:
    found, _ = search(Connection({"a": 403, "b": 404, "c": 403}))
    assert found == ["a", "c"]


def test_a_search_for_nothing_opens_no_channel() -> None:
    connection = Connection({})
    assert search(connection)[1] != []
    assert connection.opened == 0


def test_a_search_ends_silently_with_its_connection() -> None:
    connection = Connection({"a": 0})
    connection.is_open = False
    assert search(connection) == ([], [])
