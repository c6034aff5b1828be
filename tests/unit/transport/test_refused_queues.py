"""When a queue that refuses all costs a new channel."""

from corridor.transport.refusing import LONGEST_S, RefusedQueues


def test_a_new_channel_is_due_when_all_was_refused_for_a_while_and_then_ever_less_often() -> None:
    queues = RefusedQueues(30)
    due = [second for second in range(3_600) if queues.refused(["GE"], second)]
    assert due == [30, 90, 210, 450, 930, 1530, 2130, 2730, 3330]
    assert LONGEST_S == 600


def test_a_message_that_is_taken_ends_it() -> None:
    queues = RefusedQueues(30)
    assert queues.refused(["GE"], 0) == []
    queues.took(["GE"])
    assert queues.refused(["GE"], 30) == []
    assert queues.refused(["GE"], 60) == ["GE"]


def test_each_country_is_judged_alone() -> None:
    queues = RefusedQueues(30)
    assert queues.refused(["GE", "AZ"], 0) == []
    queues.took(["AZ", "KG"])
    assert queues.refused(["AZ", "GE"], 31) == ["GE"]
