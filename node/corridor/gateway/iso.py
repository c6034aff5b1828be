"""The only door to pycountry: which countries and currencies there are, by ISO 3166 and 4217."""

from functools import cache


class IsoTables:
    """The tables of the package, read when they are first asked for (some 20 ms)."""

    def knows_country(self, code: str) -> bool:
        """Whether two capitals are a country, also one that is no more."""
        return code in _countries()

    def knows_currency(self, code: str) -> bool:
        """Whether three capitals are a currency."""
        return code in _currencies()


@cache
def _countries() -> frozenset[str]:
    import pycountry  # noqa: PLC0415 - only nodes that read messages of standards need it

    now = {one.alpha_2 for one in pycountry.countries}
    gone = {getattr(one, "alpha_2", "") for one in pycountry.historic_countries}
    return frozenset(now | gone)


@cache
def _currencies() -> frozenset[str]:
    import pycountry  # noqa: PLC0415 - as above

    return frozenset(one.alpha_3 for one in pycountry.currencies)
