"""One hospital's process: attends the session it was invited to."""

from __future__ import annotations

import sys
from pathlib import Path

from flwr.app import Context, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from client.session.attending import attend
from shared.session.invitation import Invitation
from tests.integration.session.conftest import adding_app

if __name__ == "__main__":
    invitation = Invitation.model_validate_json(Path(sys.argv[1]).read_text())
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, invitation.node, 0
    attend(invitation, adding_app(), Context(1, invitation.node, {}, RecordDict(), {}))
