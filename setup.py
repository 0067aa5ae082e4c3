"""Generates the session's protocol code from its definition when the package is built."""

from pathlib import Path

from grpc_tools import protoc
from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
DEFINITION = "shared/session/session.proto"


class BuildWithProtocol(build_py):
    """Python's own build step, after the protocol code is there."""

    def run(self) -> None:
        """Generate, then build."""
        arguments = [f"--{kind}_out={ROOT}" for kind in ("python", "pyi", "grpc_python")]
        if protoc.main(["protoc", f"--proto_path={ROOT}", *arguments, DEFINITION]):
            raise SystemExit(f"{DEFINITION} could not be compiled")
        super().run()


setup(cmdclass={"build_py": BuildWithProtocol})
