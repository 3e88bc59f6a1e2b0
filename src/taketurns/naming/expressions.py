"""A piece of a learner's source as a picture quotes it: one short line, and nothing in it that is secret."""

import ast
import re
import warnings
from typing import Any

from taketurns.naming.masks import MASK, is_secret, masked, printable

__all__ = ["quoted"]

LONGEST = 60  #: the most characters of an expression

#: What takes a name and a password in two places of no name.
LOGINS = re.compile(r"log_?(?:in|on)|sign_?in|authenticate|authorize|connect|encrypt|decrypt", re.IGNORECASE)
_LITERAL = re.compile(r"('''|\"\"\"|'|\")(?:\\.|(?!\1).)*(?:\1|$)", re.DOTALL)
_HIDDEN = ast.Name(MASK)
_SHOWN = (bool, type(None), type(...))


def quoted(source: str) -> str:
    """Return an expression as it stands in the source; of a statement with a block, what its first line evaluates.

    As it stands: where it takes several lines, or holds what must not be told, as `ast` writes it.
    """
    try:
        nodes, whole = _parsed(source)
        before = _dump(nodes)
        hidden = [_Hiding().visit(node) for node in nodes]
        if whole and _dump(hidden) == before:
            return _short(source)
        return _short(", ".join(map(ast.unparse, hidden)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _short(_without_literals(source))


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _without_literals(source: str) -> str:
    """Return what is left of a piece that is no whole expression: the rest of a line, a call without its end."""
    return masked(_LITERAL.sub("'…'", source).partition("#")[0])


# What is quoted


def _parsed(source: str) -> tuple[list[ast.AST], bool]:
    """Return the expressions to quote, and whether they are all that stands there, in one line.

    ``SyntaxError`` where it is no whole piece.
    """
    try:
        return [_tree(f"(\n{source}\n)", "eval").body], not re.search(r"[\n#]", source.strip())
    except SyntaxError:
        pass
    statement = re.sub(r"^elif\b", "if", source.strip())
    node = next(iter(_tree(f"{statement} pass" if statement.endswith(":") else statement, "exec").body), None)
    match node:
        case None:
            return [], False
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [item.context_expr for item in items], False
        case ast.For(iter=node) | ast.AsyncFor(iter=node) | ast.While(test=node) | ast.If(test=node):
            return [node], False
        case ast.Match(subject=node):
            return [node], False
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [ast.Name(f"def {name}")], False
        case ast.ClassDef(name=name):
            return [ast.Name(f"class {name}")], False
    return [node], False


def _tree(source: str, mode: str) -> Any:
    if "\\" not in source:
        return ast.parse(source, mode=mode)
    with warnings.catch_warnings():  # of a \d the learner was told when the code was first compiled
        warnings.simplefilter("ignore")
        return ast.parse(source, mode=mode)


def _dump(nodes: list[ast.AST]) -> list[str]:
    return [ast.dump(node) for node in nodes]


# What is hidden


class _Hiding(ast.NodeTransformer):
    """Puts a mask in the place of each literal that is given to a secret name, and masks the strings of the rest."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = _name(node.func)
        if is_secret(called) or LOGINS.search(called):
            node.args = [_hidden(each) for each in node.args]
        node.args = _after_names(node.args)
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        return self._given(node, [node.arg or ""])

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return self._given(node, [name for target in node.targets for name in _names(target)])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self._given(node, [_name(node.target)])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self._given(node, [_name(node.target)])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        return self._given(node, [_name(node.target)])

    def _given(self, node: Any, names: list[str]) -> ast.AST:
        if node.value is not None and any(map(is_secret, names)):
            node.value = _hidden(node.value)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if any(is_secret(_name(each)) for each in (node.left, *node.comparators)):
            node.left, *node.comparators = [
                each if isinstance(each, ast.Subscript) else _hidden(each) for each in (node.left, *node.comparators)
            ]
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        pairs = zip(node.keys, node.values, strict=True)
        node.values = [_hidden(value) if key and is_secret(_name(key)) else value for key, value in pairs]
        return self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        node.elts = _after_names(node.elts)
        return self.generic_visit(node)

    def visit_List(self, node: ast.List) -> ast.AST:
        node.elts = _after_names(node.elts)
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        places = [*node.posonlyargs, *node.args]
        late = places[len(places) - len(node.defaults) :]
        node.defaults = [_hidden(v) if is_secret(a.arg) else v for a, v in zip(late, node.defaults, strict=True)]
        pairs = zip(node.kwonlyargs, node.kw_defaults, strict=True)
        node.kw_defaults = [_hidden(v) if v and is_secret(a.arg) else v for a, v in pairs]
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            return node if masked(node.value) == node.value else ast.Constant(masked(node.value))
        if isinstance(node.value, bytes):
            text = node.value.decode("latin-1")
            return node if masked(text) == text else _HIDDEN
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Mask an f-string as the one string that it becomes: each of its values stands there as one character."""
        marks = {chr(0xF0000 + index): value for index, value in enumerate(node.values)}
        whole = "".join(
            value.value if isinstance(value, ast.Constant) else mark  # type: ignore[misc]
            for mark, value in marks.items()
        )
        if masked(whole) == whole:
            return self._inside(node)
        parts = re.split(f"([{''.join(marks)}])", masked(whole)) if marks else []
        values = [marks[part] if part in marks else ast.Constant(part) for part in parts if part]
        return self._inside(ast.JoinedStr(values))

    def _inside(self, node: ast.JoinedStr) -> ast.AST:
        for value in node.values:
            if not isinstance(value, ast.Constant):
                self.generic_visit(value)
        return node


class _HidingAll(ast.NodeTransformer):
    """Puts a mask in the place of each literal."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return node if isinstance(node.value, _SHOWN) else _HIDDEN

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return _HIDDEN

    def visit_TemplateStr(self, node: ast.AST) -> ast.AST:  # since 3.14
        return _HIDDEN


def _hidden(node: Any) -> Any:
    return _HidingAll().visit(node)


def _after_names(nodes: list[ast.expr]) -> list[ast.expr]:
    """Return a call's arguments, or a list's items, with what follows the name of a secret hidden."""
    before = ["", *(_name(node) if isinstance(node, ast.Constant) else "" for node in nodes)]
    return [_hidden(node) if is_secret(name) else node for name, node in zip(before, nodes, strict=False)]


def _names(target: ast.expr) -> list[str]:
    """Return the names that an assignment gives values to."""
    return [_name(each) for each in (target.elts if isinstance(target, ast.Tuple | ast.List) else [target])]


def _name(node: ast.AST) -> str:
    """Return the name that a value is given to or asked by: of a variable, an attribute, a key."""
    match node:
        case ast.Name(id=str(name)) | ast.Attribute(attr=str(name)) | ast.Constant(value=str(name)):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Constant(value=bytes(data)):
            return data.decode("latin-1")
    return ""
