"""A script taken apart into statements, each with its kind."""

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.googlesql.judge import check_syntax
from tests.standin.bigquery.sql.parser import parse

_PART = r"(?:`[^`]+`|[\w-]+)"
PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_REPLACE = r"(?P<replace>OR\s+REPLACE\s+)?"
_MISSING = r"(?P<missing>IF\s+NOT\s+EXISTS\s+)?"
_EXISTS = r"(?P<exists>IF\s+EXISTS\s+)?"
_OPTIONS = r"(?:\s+OPTIONS\s*\((?P<options>.*)\))?"
_OWN_FORMS = {
    "BEGIN_TRANSACTION": r"BEGIN(\s+TRANSACTION)?",
    "COMMIT_TRANSACTION": r"COMMIT(\s+TRANSACTION)?",
    "ROLLBACK_TRANSACTION": r"ROLLBACK(\s+TRANSACTION)?",
    "CREATE_TABLE_CLONE": (
        rf"CREATE\s+{_REPLACE}(?P<snapshot>SNAPSHOT\s+)?TABLE\s+{_MISSING}(?P<name>{PATH})\s+"
        rf"(?P<verb>CLONE|COPY|LIKE)\s+(?P<source>{PATH})"
        rf"(?:\s+FOR\s+SYSTEM_TIME\s+AS\s+OF\s+(?P<at>.+?))?{_OPTIONS}"
    ),
    "DROP_SNAPSHOT_TABLE": rf"DROP\s+SNAPSHOT\s+TABLE\s+{_EXISTS}(?P<name>{PATH})",
    "UNDROP_SCHEMA": rf"UNDROP\s+SCHEMA\s+{_MISSING}(?P<name>{PATH}){_OPTIONS}",
    "CREATE_ROW_ACCESS_POLICY": (
        rf"CREATE\s+{_REPLACE}ROW\s+ACCESS\s+POLICY\s+{_MISSING}(?P<policy>{_PART})\s+ON\s+"
        rf"(?P<name>{PATH})(?:\s+GRANT\s+TO\s*\((?P<grantees>[^)]*)\))?\s+"
        r"FILTER\s+USING\s*\((?P<filter>.*)\)"
    ),
    "DROP_ROW_ACCESS_POLICY": (
        rf"DROP\s+ROW\s+ACCESS\s+POLICY\s+{_EXISTS}(?P<policy>{_PART})\s+ON\s+(?P<name>{PATH})"
    ),
    "DROP_ALL_ROW_ACCESS_POLICIES": rf"DROP\s+ALL\s+ROW\s+ACCESS\s+POLICIES\s+ON\s+(?P<name>{PATH})",
}
_PATTERNS = {
    kind: re.compile(rf"\s*{form}\s*", re.IGNORECASE | re.DOTALL)
    for kind, form in _OWN_FORMS.items()
}
_VIEW = re.compile(
    rf"\s*CREATE\s+{_REPLACE}(?P<materialized>MATERIALIZED\s+)?VIEW\s+{_MISSING}(?P<name>{PATH})"
    rf"\s*(?P<columns>\([^()]*\))?(?:\s*OPTIONS\s*\((?P<options>.*?)\))?\s+AS\s+(?P<query>.*)",
    re.IGNORECASE | re.DOTALL,
)
_FUNCTION = re.compile(
    rf"\s*CREATE\s+{_REPLACE}FUNCTION\s+{_MISSING}(?P<name>{PATH})\s*\((?P<arguments>.*?)\)\s*"
    rf"(?:RETURNS\s+(?P<returns>.+?)\s+)?AS\s*\((?P<body>.*)\){_OPTIONS}\s*",
    re.IGNORECASE | re.DOTALL,
)
_TABLE_FUNCTION = re.compile(
    rf"\s*CREATE\s+{_REPLACE}TABLE\s+FUNCTION\s+{_MISSING}(?P<name>{PATH})\s*\((?P<arguments>.*?)\)\s*"
    rf"(?:RETURNS\s+TABLE\s*<(?P<columns>.+?)>\s+)?AS\b(?P<body>.+)",
    re.IGNORECASE | re.DOTALL,
)
_BY_CLASS: dict[type[exp.Expression], str] = {
    exp.Select: "SELECT",
    exp.SetOperation: "SELECT",
    exp.Subquery: "SELECT",
    exp.Insert: "INSERT",
    exp.Delete: "DELETE",
    exp.Update: "UPDATE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE_TABLE",
    exp.Alter: "ALTER_TABLE",
    exp.Export: "EXPORT_DATA",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a script.

    Attributes:
        text: As it was written.
        kind: BigQuery's statement type.
        tree: What sqlglot read; None for a form that it does not know.
        parts: The named parts of such a form.
    """

    text: str
    kind: str
    tree: exp.Expression | None = None
    parts: dict[str, str | None]


def split(script: str) -> list[Statement]:
    """Take a script apart.

    Raises:
        BigQueryError: A statement cannot be read, or there is none.
    """
    try:
        tokens = BigQuery().tokenize(script)
    except SqlglotError as error:
        raise invalid_query(f"Syntax error: {error}") from error
    found = []
    start: int | None = None
    end = 0
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            if start is not None:
                found.append(_statement(script[start : end + 1]))
            start = None
            continue
        start = token.start if start is None else start
        end = token.end
    if start is not None:
        found.append(_statement(script[start : end + 1]))
    if not found:
        raise invalid_query("Syntax error: Unexpected end of statement")
    return found


def _statement(text: str) -> Statement:
    check_syntax(text)
    for kind, pattern in _PATTERNS.items():
        if matched := pattern.fullmatch(text):
            return Statement(text=text, kind=kind, parts=matched.groupdict())
    if matched := _VIEW.fullmatch(text):
        kind = "CREATE_MATERIALIZED_VIEW" if matched["materialized"] else "CREATE_VIEW"
        return Statement(text=text, kind=kind, parts=matched.groupdict())
    if matched := _FUNCTION.fullmatch(text):
        return Statement(text=text, kind="CREATE_FUNCTION", parts=matched.groupdict())
    if matched := _TABLE_FUNCTION.fullmatch(text):
        return Statement(text=text, kind="CREATE_TABLE_FUNCTION", parts=matched.groupdict())
    tree = parse(text)
    if isinstance(tree, exp.Drop):
        # sqlglot keeps the names in a list; each statement of BigQuery's drops one thing.
        tree.set("this", tree.args["tables"][0])
    return Statement(text=text, kind=_kind(tree), tree=tree, parts={})


def _kind(tree: exp.Expression) -> str:
    for known, kind in _BY_CLASS.items():
        if isinstance(tree, known):
            return kind
    if isinstance(tree, exp.Create | exp.Drop):
        verb = "CREATE" if isinstance(tree, exp.Create) else "DROP"
        kind = f"{verb}_{str(tree.args['kind']).upper()}"
        if kind == "CREATE_TABLE" and tree.args.get("expression"):
            return "CREATE_TABLE_AS_SELECT"
        return "DROP_MATERIALIZED_VIEW" if tree.args.get("materialized") else kind
    raise invalid_query(f"Statement not supported: {tree.sql('bigquery')[:80]}")


def names_of(path: str) -> list[str]:
    """Return the parts of a written name."""
    return ".".join(part.strip().strip("`") for part in re.findall(rf"{_PART}", path)).split(".")
