from corridor.standards.accounting import Account, Fate, Fated
from corridor.standards.report import Summary, not_mapped, summarise


def test_accounts_are_added_up_by_message() -> None:
    fates = (Fate.MAPPED, Fate.MAPPED, Fate.NARROWED, Fate.RESIDUAL)
    leaves = tuple(Fated(f"B/x[{number}]", fate) for number, fate in enumerate(fates, 1))
    accounts = [
        ("B", Account(leaves, (), ())),
        ("A", Account((), (), ())),
        ("B", Account((Fated("B/y[1]", Fate.RESIDUAL),), (), ())),
    ]
    assert summarise(accounts) == (Summary("A", 1, 0, 0, 0, 0), Summary("B", 2, 2, 1, 2, 0))
    assert [row.as_json()["carried"] for row in summarise(accounts)] == [1.0, 0.6]
    assert not_mapped(accounts) == (
        ("B/x", Fate.NARROWED, 1),
        ("B/x", Fate.RESIDUAL, 1),
        ("B/y", Fate.RESIDUAL, 1),
    )
