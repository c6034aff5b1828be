"""Every dashboard as data; what a panel is stands in panel.py, each dashboard in its own file.

Rules:

* at most five tiles and five graphs are open on a dashboard, the rest is folded away;
* every panel says what it means and when to worry: the manual's page is written from it;
* a rate is asked for over `$__rate_interval`, a counter never bare; times are shown as ages;
* red is kept for what somebody has to act on.
"""

from typing import Final

from broker_board import BROKER
from movements_board import MOVEMENTS
from network_board import NETWORK
from node_board import NODE_BOARD
from pair_board import CORRIDOR
from panel import Dashboard, Panel, Query, as_asked

__all__ = ["DASHBOARDS", "Dashboard", "Panel", "Query", "as_asked"]

DASHBOARDS: Final = (NETWORK, NODE_BOARD, CORRIDOR, BROKER, MOVEMENTS)
