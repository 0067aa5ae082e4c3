"""The hospitals that a run may ask: those that accepted the contract it follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flwr.serverapp import Grid

from shared.errors import JuntosError
from shared.session.wrapping_grid import WrappingGrid

if TYPE_CHECKING:
    from server.home import CoordinatorHome


class AcceptingGrid(WrappingGrid):
    """Any Grid, without some hospitals: whoever stands before it asks them nothing.

    Attributes
    ----------
    kept_out : mapping of int to str
        The nodes that are left out, with the reason.
    """

    def __init__(self, grid: Grid, kept_out: Mapping[int, str]) -> None:
        super().__init__(grid)
        self.kept_out = dict(kept_out)

    def get_node_ids(self) -> Iterable[int]:
        """Return the nodes that may be asked."""
        return [node for node in self.grid.get_node_ids() if node not in self.kept_out]


def of_those_who_accepted(home: CoordinatorHome, contract_hash: str, grid: Grid) -> Grid:
    """Return the Grid of a run, without hospitals that have not accepted its contract.

    Raises
    ------
    JuntosError
        When another version became current since the run was started.
    """
    from server.contracts.proposing import not_accepting
    from server.enrolment.hospitals import hospital_names

    if home.contract().hash != contract_hash:
        raise JuntosError(
            "Another version of the contract was published while this run began.", "Train anew."
        )
    reasons = not_accepting(home, home.contract())
    names = hospital_names(home.engine())
    return AcceptingGrid(
        grid, {node: reasons[name] for node, name in names.items() if name in reasons}
    )


def kept_out(grid: Grid) -> list[tuple[int, str]]:
    """Return the nodes that a Grid, or one behind it, keeps out, with the reason."""
    while isinstance(grid, WrappingGrid):
        if isinstance(grid, AcceptingGrid):
            return list(grid.kept_out.items())
        grid = grid.grid
    return []
