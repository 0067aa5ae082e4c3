"""Versions of the heart contract that differ in one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.contract import Contract, load_contract

HEART = load_contract("heart_disease")

Content = dict[str, Any]
Edit = Callable[[Content], object]

TROPONIN: Content = {
    "name": "troponin",
    "kind": "numeric",
    "description": "Troponin T",
    "unit": "ng/L",
    "minimum": 0,
    "maximum": 10_000,
}
EFFORT: Content = {
    "name": "effort",
    "kind": "numeric",
    "description": "Effort",
    "minimum": 0,
    "maximum": 2,
    "expression": "maximum_heart_rate / (220 - age)",
}


def edited(*edits: Edit, of: Contract = HEART, version: str = "99.0.0") -> Contract:
    """Return a version with some changes; each edit may change the content it is given."""
    content: Content = of.model_dump(mode="json")
    content["version"] = version
    content.setdefault("derived", [])
    content.setdefault("renamed", [])
    for edit in edits:
        edit(content)
    return Contract.model_validate(content)


def feature(content: Content, name: str) -> Content:
    found: Content = next(each for each in content["feature"] if each["name"] == name)
    return found


def change(name: str, **values: object) -> Edit:
    """Return what changes the fields of a feature."""
    return lambda content: feature(content, name).update(values)


def code(name: str, which: str) -> Callable[[Content], Content]:
    return lambda content: next(
        each for each in feature(content, name)["codes"] if each["code"] == which
    )


def rename_feature(old: str, new: str) -> Edit:
    def edit(content: Content) -> None:
        feature(content, old)["name"] = new
        content["renamed"].append({"feature": old, "to": new})

    return edit


def rename_code(name: str, old: str, new: str) -> Edit:
    def edit(content: Content) -> None:
        code(name, old)(content)["code"] = new
        content["renamed"].append({"feature": name, "code": old, "to": new})

    return edit


def rename_target(old: str, new: str) -> Edit:
    def edit(content: Content) -> None:
        for target in content["target"]:
            if target["code"] == old:
                target["code"] = new
            if target.get("parent") == old:
                target["parent"] = new
        content["renamed"].append({"target": old, "to": new})

    return edit


def target(content: Content, which: str) -> Content:
    found: Content = next(each for each in content["target"] if each["code"] == which)
    return found


def without_feature(name: str) -> Edit:
    return lambda content: content["feature"].remove(feature(content, name))


def without_code(name: str, which: str) -> Edit:
    return lambda content: feature(content, name)["codes"].remove(code(name, which)(content))


def without_target(which: str) -> Edit:
    return lambda content: content["target"].remove(target(content, which))


def add(key: str, entry: object) -> Edit:
    return lambda content: content[key].append(entry)
