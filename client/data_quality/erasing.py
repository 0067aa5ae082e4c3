"""Forgetting one patient in what shared models said of this hospital's rows."""

from __future__ import annotations

from client.home import NodeHome


class KeptFoldAnswers:
    """What shared models said of rows, as a store of what may be a patient's.

    It is kept by the rows' places among all records of one version, which is none any more once a
    patient is erased: nothing would read it again, so all of it goes. Runs that hold out folds
    write it anew.

    Parameters
    ----------
    home : NodeHome
    """

    name = "files of what shared models said of rows"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:  # noqa: ARG002 - see above
        """Take away what is there, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        # What a killed process had half written, too.
        found = list(self._home.out_of_fold.glob("*.npz*"))
        for each in found:
            each.unlink(missing_ok=True)
        return len(found)
