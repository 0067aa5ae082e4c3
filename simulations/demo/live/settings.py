"""What the coordinator of the demonstration decided beforehand, in the files a person writes."""

from __future__ import annotations

import datetime
from pathlib import Path

SIGNATORY = "Dr Ana Ruiz"
CANARY = "D"
RUN = """\
# Trees, so that the demonstration is short; judged on the latest patients.
models = ["boosted_trees"]
seed = {seed}
minimum_hospitals = 3
[holdout]
by = "time"
test_share = 0.15
[boosted_trees]
rounds = 2
trees_per_round = 12
learning_rate = 0.3
maximum_depth = 3
[review]
enabled = true
folds = 2
seeds = 1
replicates = 600
shadow_models = 0
leave_one_hospital_out = false
"""
SCHEDULE = """\
cooldown_hours = 0
[triggers]
drift = "hospital"
drift_kinds = ["data", "label"]
settings = "run.toml"
{calendar}
"""
CALENDAR = """
[[calendar]]
name = "watch"
cron = "* * * * *"
kind = "watch"
settings = "watch.toml"
"""
WATCH = """\
[watch]
window_rows = {rows}
least_rows = 200
"""
PROMOTION = """\
[approval]
who = "automatic"
first_model = "automatic"
[everywhere]
hours = 0
answers = 40
"""
CANARY_POLICY = """\
[canary]
hospitals = ["{canary}"]
answers = 10
"""
# A registry that catches up asks more at once than a ward does.
RATE = """
[rate]
per_second = 2000
burst = 4000
"""
ACCEPTANCE = """\
maximum_calibration_error = 0.15
[[signatory]]
name = "{signatory}"
role = "Cardiology"
"""
NOTIFICATIONS = """\
[[webhook]]
name = "demonstration"
url = "{url}"
"""


def write_settings(home: Path, seed: int, window: int, webhook: str) -> None:
    """Write them all; nothing is scheduled yet.

    Parameters
    ----------
    window : int
        Answers that a watch looks at.
    """
    texts = {
        "run.toml": RUN.format(seed=seed),
        "watch.toml": WATCH.format(rows=window),
        "schedule.toml": SCHEDULE.format(calendar=""),
        "promotion.toml": PROMOTION,
        "acceptance.toml": ACCEPTANCE.format(signatory=SIGNATORY),
        "notifications.toml": NOTIFICATIONS.format(url=webhook),
    }
    for name, text in texts.items():
        (home / name).write_text(text, encoding="utf-8")


def begin_at_one_hospital(home: Path) -> None:
    """Have every later model answer at one hospital first."""
    text = PROMOTION + CANARY_POLICY.format(canary=CANARY)
    (home / "promotion.toml").write_text(text, encoding="utf-8")


def allow_many_requests(node: Path) -> None:
    """Let one key of a node's API ask for more at once than it usually may."""
    with (node / "api.toml").open("a", encoding="utf-8") as file:
        file.write(RATE)


def watch_every_minute(home: Path) -> None:
    """Have the calendar ask every minute how the model does."""
    (home / "schedule.toml").write_text(SCHEDULE.format(calendar=CALENDAR), encoding="utf-8")


def last_day_of_signature() -> str:
    """Return until when the standing sign-off holds."""
    return (datetime.date.today() + datetime.timedelta(days=90)).isoformat()
