"""Hospitals that answer one vector, as it is or under masks: for measuring what masks cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp

from client.joining import NodeKey
from client.secret_sum import HospitalSums, RunKey
from server.enrolment.certificates import create_authority, read_signing_request, sign_hospital
from shared.questions import ANSWER_FIELD, ARRAYS_KEY, CONFIG_KEY, QUESTION_FIELD
from shared.secret_sum import FixedPoint, KeyOffer, SecretQuestion, Vector
from shared.session.in_process import AppFactory

RUN = "benchmark"
OFFER, ACCEPT = "query.offer", "query.accept"
FLOATS, PLAIN, SECRET = "query.floats", "query.plain", "query.secret"
VECTOR = "vector"
Floats = npt.NDArray[np.float32]
# Of a network's update: values up to 8, to nine decimal places.
BITS, BOUND = 30, 8.0


def enrolled_hospitals(count: int, values: int, seed: int) -> dict[str, AppFactory]:
    """Certify hospitals; return by name how each is built, in whatever process."""
    authority = create_authority("Benchmark")
    factories = {}
    for number in range(count):
        name = f"hospital_{number:03d}"
        key = NodeKey.create()
        request = read_signing_request(key.signing_request(name))
        certificate = sign_hospital(authority, request, name)
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        private = key.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        arguments = (name, private, pem, authority.certificate_pem, count, values, seed + number)
        factories[name] = AppFactory(hospital_app, arguments)
    return factories


def update_of(values: int, members: int, seed: int) -> Vector:
    """Draw a hospital's update and write it as whole numbers."""
    update = np.random.default_rng(seed).normal(size=values).clip(-BOUND, BOUND)
    return fixed_point(members).encode(update)


def fixed_point(members: int) -> FixedPoint:
    """Return how updates are written."""
    return FixedPoint(BITS, BOUND, members)


def hospital_app(
    name: str,
    private: bytes,
    certificate: str,
    authority: str,
    members: int,
    values: int,
    seed: int,
) -> ClientApp:
    """Return a hospital that offers its key, accepts the others' and answers its vector."""
    node_key = serialization.load_pem_private_key(private, None)
    if not isinstance(node_key, ec.EllipticCurvePrivateKey):
        raise TypeError(type(node_key).__name__)
    sums = HospitalSums(RunKey.create(RUN, name, node_key, certificate), authority, members)
    vector = update_of(values, members, seed)
    floats = fixed_point(members).decode(vector).astype(np.float32)
    client = ClientApp()

    @client.query("offer")
    def offer(message: Message, _context: Context) -> Message:
        return replied(message, {ANSWER_FIELD: sums.offer.model_dump_json()})

    @client.query("accept")
    def accept(message: Message, _context: Context) -> Message:
        texts = message.content.config_records[CONFIG_KEY].values()
        refused = sums.accept([KeyOffer.model_validate_json(str(text)) for text in texts])
        return replied(message, {ANSWER_FIELD: len(refused)})

    @client.query("floats")
    def in_floats(message: Message, _context: Context) -> Message:
        return replied(message, {}, floats)

    @client.query("plain")
    def plain(message: Message, _context: Context) -> Message:
        return replied(message, {}, vector)

    @client.query("secret")
    def secret(message: Message, _context: Context) -> Message:
        text = str(message.content.config_records[CONFIG_KEY][QUESTION_FIELD])
        question = SecretQuestion.model_validate_json(text)
        return replied(message, {}, sums.answer(question, lambda: vector, noise_is_whole=True))

    return client


def replied(
    message: Message, config: dict[str, str | int], vector: Vector | Floats | None = None
) -> Message:
    """Write an answer."""
    content = RecordDict({CONFIG_KEY: ConfigRecord({**config})})
    if vector is not None:
        content[ARRAYS_KEY] = ArrayRecord({VECTOR: Array(vector)})
    return Message(content, reply_to=message)
