"""The one ClientApp of Flower's simulation: it becomes the hospital of the partition."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import PARTITION_ID_KEY

from shared.session.in_process import AppFactory

if TYPE_CHECKING:
    from ray import ObjectRef

WHO = "query.partition"
PARTITION_KEY = "partition"

# Hospitals whose records one worker keeps; further ones are fetched from Ray's store again.
WARM_HOSPITALS = 256


class PartitionedApp(ClientApp):
    """Answers for every hospital.

    Parameters
    ----------
    directory : ObjectRef of list of ObjectRef
        In Ray's store: where each partition's AppFactory is. It travels with every question, so
        it is one reference and not the records themselves.
    """

    def __init__(self, directory: ObjectRef[list[ObjectRef[AppFactory]]]) -> None:
        super().__init__()
        self._directory = directory

    def __call__(self, message: Message, context: Context) -> Message:
        """Answer as the hospital of the context's partition, or say which that is."""
        partition = int(context.node_config[PARTITION_ID_KEY])
        if message.metadata.message_type == WHO:
            record = ConfigRecord({PARTITION_KEY: partition})
            return Message(RecordDict({PARTITION_KEY: record}), reply_to=message)
        return warm_app(self._directory, partition)(message, context)


@lru_cache(maxsize=WARM_HOSPITALS)
def warm_app(directory: ObjectRef[list[ObjectRef[AppFactory]]], partition: int) -> ClientApp:
    """Return a hospital's ClientApp, built once in each of Ray's workers."""
    import ray

    factory: AppFactory = ray.get(warm_directory(directory)[partition])
    return factory.build(*factory.arguments)


@lru_cache(maxsize=1)
def warm_directory(
    directory: ObjectRef[list[ObjectRef[AppFactory]]],
) -> list[ObjectRef[AppFactory]]:
    """Return where each partition's factory is."""
    import ray

    found: list[ObjectRef[AppFactory]] = ray.get(directory)
    return found
