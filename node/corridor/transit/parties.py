"""Who exchanges: countries, members and endpoints, parsed once and valid for ever.

Rules:

* a member is `CC.ADMIN` ("GE.RS"), an endpoint `CC.ADMIN[.NODE]` ("GE.RS.N1"), ASCII, at most
  32 bytes (PROTOCOL §1.1);
* version 1 of the network gives each country one endpoint, so that a country code names a link.
"""

import re
from typing import Final, Self

_ENDPOINT: Final = re.compile(r"[A-Z]{2}\.[A-Z0-9]{1,16}(\.[A-Z0-9]{1,12})?", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


class CountryCode(str):
    """A two-letter country code as used in the network ("GE", "XI")."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return `text` as a country code.

        Raises:
            ValueError: It is not two capital letters.
        """
        if not _COUNTRY.fullmatch(text):
            raise ValueError(f"a country code is two capital letters, not {text!r}")
        return cls(text)


class Endpoint(str):
    """The address of a node in the network ("GE.RS"); what envelopes are signed for."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return `text` as an endpoint.

        Raises:
            ValueError: It is not `CC.ADMIN` or `CC.ADMIN.NODE`.
        """
        if not _ENDPOINT.fullmatch(text):
            raise ValueError(f"an endpoint is CC.ADMIN or CC.ADMIN.NODE, not {text!r}")
        return cls(text)

    @property
    def country(self) -> CountryCode:
        """The country whose broker carries the endpoint's traffic."""
        return CountryCode(self[:2])

    @property
    def member(self) -> str:
        """The administration ("GE.RS")."""
        return ".".join(self.split(".")[:2])

    def is_called(self, name: str) -> bool:
        """Whether a person may mean it by `name`: itself or its country, in letters of any size."""
        return name.upper() in {self, self.country}
