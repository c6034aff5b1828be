"""The published rules of NCTS Phase 5 that are not evaluated, by the reason why (DDNTA Q2, 5.15.2).

Together with those that are evaluated they are all that have a text: what one document can show is
evaluated, and what is not looked at of a rule stands with it (`Rule.partly`).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Unevaluated(NamedTuple):
    """Rules that are not evaluated for one reason."""

    name: str
    words: str
    ids: frozenset[str]


def _because(name: str, words: str, ids: str) -> Unevaluated:
    return Unevaluated(name, words, frozenset(ids.split()))


UNEVALUATED: Final[tuple[Unevaluated, ...]] = (
    _because(
        "another_message",
        "compares with another message of the movement",
        (
            "C0004 C0009 C0014 C0025 C0170 C0190 C0333 C0404 C0440 C0461 C0600 C0716 C0808 "
            "C0810 C0824 C0840 C0844 C0861 C0862 C0867 R0008 R0026 R0449 R0520 R0790 "
            "R0871 R0910"
        ),
    ),
    _because(
        "register",
        "asks a register of operators, authorisations, guarantees or goods",
        "R0060 R0165 R0261 R0352 R0840 R0851 R0860",
    ),
    _because(
        "transitional",
        "held in the transitional period, which is over",
        (
            "B1000 B1016 B1030 B1031 B1032 B1091 B1201 B1202 B1203 B1206 B1401 B1804 B1805 B1806 "
            "B1811 B1813 B1814 B1815 B1819 B1820 B1821 B1822 B1823 B1831 B1832 B1833 B1834 B1835 "
            "B1836 B1838 B1843 B1847 B1848 B1849 B1850 B1852 B1854 B1858 B1860 B1862 B1874 B1875 "
            "B1876 B1877 B1888 B1889 B1890 B1891 B1892 B1893 B1894 B1895 B1896 B1897 B1898 B1899 "
            "B1902 B1903 B1904 B1908 B1911 B1912 B1913 B1919 B1920 B1922 B1964 B1965 B1966 B2301 "
            "C0012 E1101 E1102 E1103 E1104 E1105 E1107 E1109 E1111 E1114 E1115 E1116 E1117 E1118 "
            "E1119 E1121 E1301 E1401 E1402 E1403 E1406 E1407 T1120"
        ),
    ),
    _because(
        "order",
        "says in which order other rules are asked: it is kept",
        "S1002 S1003 S1004 S1007 S1008 S1010 S1011 S1012 S1018 S1022 S1023",
    ),
    _because(
        "guideline",
        "is a guideline that demands nothing which one document shows",
        (
            "B1003 G0002 G0003 G0007 G0011 G0012 G0013 G0014 G0015 G0016 G0018 G0020 G0021 G0022 "
            "G0023 G0024 G0025 G0029 G0030 G0032 G0033 G0034 G0035 G0036 G0038 G0039 G0040 G0041 "
            "G0042 G0045 G0050 G0057 G0058 G0061 G0062 G0064 G0068 G0069 G0071 G0072 G0073 G0074 "
            "G0085 G0086 G0088 G0101 G0102 G0103 G0105 G0111 G0112 G0113 G0114 G0115 G0117 G0118 "
            "G0119 G0120 G0123 G0126 G0127 G0130 G0131 G0137 G0139 G0142 G0143 G0150 G0151 G0152 "
            "G0153 G0160 G0165 G0167 G0170 G0171 G0172 G0173 G0186 G0190 G0196 G0201 G0203 G0205 "
            "G0210 G0213 G0217 G0231 G0300 G0301 G0321 G0332 G0360 G0367 G0414 G0424 G0500 G0510 "
            "G0587 G0670 G0715 G0716 G0825 G0850 G0860 G0868 G0869 G0905 G0988 G0989 R0100"
        ),
    ),
)

WHY: Final[Mapping[str, Unevaluated]] = {id_: one for one in UNEVALUATED for id_ in one.ids}
"""Why a rule is not evaluated, by its id."""
