"""A run that watches, from the coordinator's settings to what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flwr.serverapp import Grid

from server.background_writer import Write
from server.home import CoordinatorHome
from server.rounds import RoundObserver
from server.run_store import RunStatus, RunStore
from server.storing_observer import StoringObserver
from server.watch.asking import Watching
from server.watch.store import WatchStore
from shared.contract import Contract
from shared.run_settings import RunSettings
from shared.task import TaskSettings
from shared.watch.answer import WatchHeader
from shared.watch.verdicts import watch_verdicts
from shared.watch.watch import Watch

# A run that promises sums alone asks no hospital for its patients.
NODES_ALONE = "how nodes do, and nothing of patients: the run promises sums alone"


def watch(
    home: CoordinatorHome,
    store: RunStore,
    run: str,
    grid: Grid,
    names: Mapping[int, str],
    settings: RunSettings,
    write: Write,
) -> Watch:
    """Ask the hospitals, and keep what they told and what it means.

    Parameters
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    write : callable
        Carries out writing of rounds.
    """
    kept = WatchStore(home.engine())
    settings = with_task(store, settings)
    observer = StoringObserver(store, run, write)
    earlier = [each for each in kept.history(oldest(settings)) if each.run != run]
    found = ask(grid, names, home.contract(), settings, observer, run, earlier)
    kept.add(found)
    kept.remove_old(settings.watch.keep_days)
    return found


def ask(
    grid: Grid,
    names: Mapping[int, str],
    contract: Contract,
    settings: RunSettings,
    observer: RoundObserver,
    run: str,
    earlier: Sequence[Watch] = (),
) -> Watch:
    """Ask each hospital for itself, and say what the answers mean beside earlier ones."""
    asking = Watching(grid, names, contract, settings, observer, headers_of(earlier))
    answers = asking.run()
    found = Watch(
        run=run,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        answers=answers,
        left_out=asking.left_out,
    )
    if settings.privacy.only_sums:
        # Nothing was told of patients.
        return found
    view = settings.task.contract(contract)
    verdicts = watch_verdicts([*earlier, found], view, settings.watch)
    return found.model_copy(update={"verdicts": verdicts})


def with_task(store: RunStore, settings: RunSettings) -> RunSettings:
    """Return the settings with the task that was learned last, where they name none.

    The figures of models in service follow the task that they were trained for.
    """
    if settings.task != TaskSettings():
        return settings
    for run in reversed(store.all()):
        if (run.result or {}).get("registered"):
            return settings.model_copy(update={"task": run.settings.task})
    return settings


def oldest(settings: RunSettings) -> str:
    """Return from when on earlier watches matter."""
    days = max(settings.watch.confirmed_days, settings.watch.window_days)
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


def headers_of(earlier: Sequence[Watch]) -> dict[str, WatchHeader]:
    """Return from when on each hospital's confirmed diagnoses were not told yet."""
    found: dict[str, WatchHeader] = {}
    for each in earlier:
        for name, answer in each.answers.items():
            if answer.confirmed is not None and answer.confirmed.until:
                found[name] = WatchHeader(confirmed_since=answer.confirmed.until)
    return found


def outcome(found: Watch) -> tuple[RunStatus, str]:
    """Say honestly how the run went."""
    alarms = found.alarms()
    what = "nothing calls for attention" if found.verdicts else NODES_ALONE
    if alarms:
        what = alarms[0].sentence.rstrip(".")
        more = len(alarms) - 1
        what += f"; and {more} more" if more else ""
    if not found.left_out:
        return "completed", f"{len(found.answers)} hospitals answered: {what}"
    reasons = "; ".join(f"{name} ({reason})" for name, reason in found.left_out.items())
    return "partial", f"{what}; without {reasons}"


def result_figures(found: Watch) -> dict[str, object]:
    """Return what the database keeps of it with the run; the rest is where watches are kept."""
    return {
        "hospitals": [
            {"name": name, "rows": each.rows, "data_version": ""}
            for name, each in found.answers.items()
        ],
        "models": {},
        "left_out": found.left_out,
        "watched": list(found.answers),
        "alarms": [each.model_dump(mode="json") for each in found.alarms()],
        "new_for_training": found.new_for_training,
    }
