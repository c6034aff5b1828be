"""Names at the broker."""

import pytest

from corridor.exchange.addresses import (
    cluster_name,
    federation_queue,
    federation_user,
    from_exchange,
    inbox_queue,
    link_of_exchange,
    to_exchange,
)
from corridor.transit.parties import CountryCode

GE, TR = CountryCode("GE"), CountryCode("TR")


def test_each_partner_has_its_own_exchanges_queue_and_user() -> None:
    assert (to_exchange(TR), from_exchange(TR), inbox_queue(TR)) == ("to.TR", "from.TR", "inbox.TR")
    assert federation_user(TR) == "fed-tr"
    assert cluster_name(TR) == "corridor.TR"


def test_the_federation_queue_is_named_as_rabbitmq_names_it() -> None:
    assert federation_queue(TR, GE) == "federation: to.GE -> corridor.GE:from.TR"


def test_the_exchange_a_delivery_came_through_names_its_link() -> None:
    assert link_of_exchange("from.TR") == TR


@pytest.mark.parametrize("exchange", ["", "to.TR", "from.", "from.TUR", "from.tr", "xfrom.TR"])
def test_any_other_exchange_names_no_link(exchange: str) -> None:
    assert link_of_exchange(exchange) is None
