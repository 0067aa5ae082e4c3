"""Every sentence is there in both languages, with the same gaps."""

from __future__ import annotations

import re
import tomllib
from importlib import resources

from server.home import CoordinatorHome
from server.promotion.policy import PromotionPolicy, policy_text, read_policy
from shared.pages.words import Catalogue
from shared.settings_file import parse


def test_both_languages_say_the_same_things() -> None:
    texts = Catalogue("server.promotion").texts
    assert texts["en"].keys() == texts["es"].keys()
    for key, text in texts["en"].items():
        gaps = [sorted(re.findall(r"{(\w+)}", each)) for each in (text, texts["es"][key])]
        assert gaps[0] == gaps[1], key


def test_every_reason_that_code_names_has_a_sentence() -> None:
    texts = Catalogue("server.promotion").texts["en"]
    package = resources.files("server.promotion")
    modules = [*(package / "checks").iterdir(), package / "live.py"]
    named = {
        key
        for each in modules
        if each.name.endswith(".py")
        for key in re.findall(r'key="([a-z_.]+)"', each.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert named <= texts.keys()


def test_the_file_of_a_new_federation_holds_the_defaults(home: CoordinatorHome) -> None:
    written = parse(PromotionPolicy, tomllib.loads(policy_text()), "promotion.toml")
    assert written == PromotionPolicy()
    assert read_policy(home) == PromotionPolicy()
    (home.path / "promotion.toml").unlink()
    assert read_policy(home) == PromotionPolicy()
