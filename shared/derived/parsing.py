"""From the text of an expression to its syntax tree.

The grammar is a part of Python's, read by Python's own parser: only what names features and
computes with them is let through, and nothing is ever executed.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass

from shared.derived.expression_error import ExpressionError

MOST_CHARACTERS = 2000
MOST_LEVELS = 40

ALLOWED = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name),
    *(ast.Constant, ast.Tuple, ast.List),
    *(ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
NOT_ALLOWED = {
    ast.Attribute: "a dot; write a feature's name alone",
    ast.Subscript: "square brackets behind a name",
    ast.Lambda: "lambda",
    ast.JoinedStr: "an f-string; write a plain one",
    ast.NamedExpr: ":=",
    ast.Starred: "*",
}


@dataclass(frozen=True)
class Parsed:
    """An expression's tree, and where each part of it stands in the text."""

    text: str
    tree: ast.expr

    def position(self, node: ast.expr) -> int:
        """Return the position of a part's first character in the text."""
        flat = _flat(self.text)
        start = len(flat) - len(flat.lstrip())
        # The parser counts bytes.
        return start + len(flat.strip().encode()[: node.col_offset].decode())

    def error(self, node: ast.expr, what: str) -> ExpressionError:
        """Return an error at a part."""
        return ExpressionError(self.text, self.position(node), what)


def parse_expression(text: str) -> Parsed:
    """Parse an expression.

    Raises
    ------
    ExpressionError
        When it is none, or holds what expressions may not.
    """
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            text, MOST_CHARACTERS, f"an expression has at most {MOST_CHARACTERS} characters"
        )
    if not text.strip():
        raise ExpressionError(text, 0, "the expression is empty")
    _refuse_comments(text)
    parsed = Parsed(text, _tree(text))
    _refuse_more_than_expressions(parsed, parsed.tree, 0)
    return parsed


def names_in(parsed: Parsed) -> dict[str, ast.Name]:
    """Return where each name that is no function first stands."""
    functions = {id(node.func) for node in ast.walk(parsed.tree) if isinstance(node, ast.Call)}
    names = [
        node
        for node in ast.walk(parsed.tree)
        if isinstance(node, ast.Name) and id(node) not in functions
    ]
    return {node.id: node for node in reversed(names)}


def _flat(text: str) -> str:
    """Return the text on one line: an expression may be broken anywhere."""
    return "".join(" " if each.isspace() else each for each in text)


def _tree(text: str) -> ast.expr:
    flat = _flat(text)
    start = len(flat) - len(flat.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(flat.strip(), mode="eval").body
    except SyntaxError as error:
        # Where the end comes too soon, the parser names no place.
        position = start + error.offset - 1 if error.offset else len(text)
        raise ExpressionError(text, position, f"this is no expression ({error.msg})") from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError(text, 0, "this is no expression that can be read") from None


def _refuse_comments(text: str) -> None:
    # The parser would not see them, nor what follows them.
    reader = io.StringIO(_flat(text).strip()).readline
    start = len(text) - len(text.lstrip())
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.COMMENT:
                raise ExpressionError(
                    text, start + token.start[1], "an expression holds no comment"
                )
    except (tokenize.TokenError, SyntaxError):
        return


def _refuse_more_than_expressions(parsed: Parsed, node: ast.AST, level: int) -> None:
    if level > MOST_LEVELS:
        raise ExpressionError(parsed.text, 0, f"more than {MOST_LEVELS} levels; use two features")
    if not isinstance(node, ALLOWED):
        what = NOT_ALLOWED.get(type(node), "this")
        position = parsed.position(node) if isinstance(node, ast.expr) else 0
        raise ExpressionError(parsed.text, position, f"an expression may not hold {what}")
    for child in ast.iter_child_nodes(node):
        _refuse_more_than_expressions(parsed, child, level + 1)
