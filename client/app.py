"""The Flower ClientApp: every question a hospital may be asked, and nothing else."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode

from client import answers
from client.deployment.answering import take_model
from client.exchanged_keys import exchange_keys
from client.exploration.answering import explore_records
from client.hospital import Hospital
from client.ranking_learning.answering import learn_to_rank
from client.session.app import SessionClientApp
from client.small_cells import without_small_cells
from client.sources.erased import ERASED_FILE, state_of_erasures
from client.sums import add_to_sum
from client.watching.answering import watch_model
from shared.errors import JuntosError
from shared.questions import REFUSED

log = logging.getLogger("juntos.node")

Answer = Callable[[Hospital, Message], RecordDict]
OpenHospital = Callable[[Context], Hospital]


def create_client_app(open_hospital: OpenHospital) -> ClientApp:
    """Build the ClientApp of one hospital.

    Parameters
    ----------
    open_hospital : callable
        Returns the hospital for a Flower context: from the node's folder, or a simulated one.
    """
    client_app = ClientApp()
    client_app.query("summarise")(answering(open_hospital, answers.summarise_records))
    client_app.query("explore")(answering(open_hospital, explore_records))
    client_app.query("alone")(answering(open_hospital, answers.evaluate_alone))
    client_app.query("compare")(answering(open_hospital, answers.compare_models))
    client_app.query("calibrate")(answering(open_hospital, answers.count_for_calibration))
    client_app.query("attack")(answering(open_hospital, answers.attack_models))
    client_app.query("count")(answering(open_hospital, answers.count_rows_on_grid))
    client_app.query("grow")(answering(open_hospital, answers.grow_trees))
    client_app.query("refill")(answering(open_hospital, answers.refill_leaves))
    client_app.query("keys")(answering(open_hospital, exchange_keys))
    client_app.query("sum")(answering(open_hospital, add_to_sum))
    client_app.query("deploy")(answering(open_hospital, take_model))
    client_app.query("watch")(answering(open_hospital, watch_model))
    client_app.query("rank")(answering(open_hospital, learn_to_rank))
    client_app.query("prototypes")(answering(open_hospital, answers.sum_encodings))
    client_app.train()(answering(open_hospital, answers.train_model))
    client_app.evaluate()(answering(open_hospital, answers.evaluate_models))
    return client_app


def answering(open_hospital: OpenHospital, answer: Answer) -> Callable[[Message, Context], Message]:
    """Turn a function that answers into a Flower handler that never raises.

    An exception may hold a patient's value, and Flower would log it; only errors written for
    people leave the hospital.
    """

    def handle(message: Message, context: Context) -> Message:
        try:
            return let_out(open_hospital(context), message, answer)
        except JuntosError as error:
            log.warning("refused: %s", error)
            return Message(Error(REFUSED, error.what), reply_to=message)
        except Exception as error:
            log.error("failed: %s\n%s", type(error).__name__, places_of(error))
            reason = f"internal error ({type(error).__name__}); the hospital's log has the place"
            return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, reason), reply_to=message)

    return handle


def let_out(hospital: Hospital, message: Message, answer: Answer) -> Message:
    """Answer one question through the hospital's gate, which all that leaves must pass.

    What leaves, and is in the ledger, is the answer without cells of few patients.
    """
    hospital.gate.admit(message)
    told = without_small_cells(hospital, message, answer(hospital, message))
    hospital.note(str(message.metadata.run_id))
    reply = Message(told, reply_to=message)
    hospital.gate.sent(reply)
    return reply


def places_of(error: BaseException) -> str:
    """Return the lines of code an error passed through, without its message."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


def open_local_hospital(context: Context) -> Hospital:
    """Open the hospital whose folder the node was started with."""
    home = Path(str(context.node_config["home"]))
    return opened(home, state_of_erasures(home / "keys" / ERASED_FILE))


@lru_cache(maxsize=1)
def opened(home: Path, _erasures: tuple[int, int] | None) -> Hospital:
    """Open a hospital once in this process, which lives as long as its run: it sees the same rows.

    A process that Flower starts for each message opens it anew, and so does this one once a patient
    was erased: a run that goes on meanwhile finds other rows, and may leave the hospital out.
    """
    from client.home import open_hospital

    return open_hospital(home)


def trusted_authority(context: Context) -> str:
    """Return the only authority this hospital trusts."""
    from client.home import open_home

    home = open_home(Path(str(context.node_config["home"])))
    return home.authority_certificate.read_text(encoding="ascii")


app = SessionClientApp(create_client_app(open_local_hospital), trusted_authority)
