"""Functions of texts, bytes and regular expressions."""

from sqlglot import exp

from tests.standin.bigquery.errors import invalid_query
from tests.standin.bigquery.sql.nodes import Rewrite, Rewrites, call, function, raw, text, typed

_WHITE = "'\\s'"


def _concat(node: exp.Expression) -> exp.Expression:
    found: exp.Expression | None = None
    for item in node.expressions:
        # sqlglot casts every argument to a text.
        inner = (
            item.this if isinstance(item, exp.Cast) and item.args["to"].is_type("text") else item
        )
        part = typed("bq_joined", inner.copy())
        found = part if found is None else exp.DPipe(this=found, expression=part)
    return exp.Paren(this=found)


def _substring(node: exp.Expression) -> exp.Expression:
    length = node.args.get("length")
    end = length.copy() if length is not None else raw("9223372036854775807::BIGINT")
    return typed("bq_substr", node.this.copy(), node.args["start"].copy(), end)


def _position(node: exp.Expression) -> exp.Expression:
    if node.args.get("position") or node.args.get("occurrence"):
        at = node.args.get("position") or raw("1::BIGINT")
        time = node.args.get("occurrence") or raw("1::BIGINT")
        return call(
            "bq_instr", node.this.copy(), node.args["substr"].copy(), at.copy(), time.copy()
        )
    return call("strpos", node.this.copy(), node.args["substr"].copy())


def _trim(node: exp.Expression) -> exp.Expression:
    side = (node.args.get("position") or "BOTH").upper()
    name = {"LEADING": "bq_ltrim", "TRAILING": "bq_rtrim"}.get(side, "bq_trim")
    if node.expression is None:
        return call(f"{name}_white", node.this.copy())
    return typed(name, node.this.copy(), node.expression.copy())


def _pad(node: exp.Expression) -> exp.Expression:
    name = "bq_lpad" if node.args.get("is_left") else "bq_rpad"
    fill = node.args.get("fill_pattern")
    return typed(name, node.this.copy(), node.expression.copy(), fill.copy() if fill else text(" "))


def _regexp_extract(node: exp.Expression) -> exp.Expression:
    if node.args.get("position") or node.args.get("occurrence"):
        at = node.args.get("position") or raw("1::BIGINT")
        time = node.args.get("occurrence") or raw("1::BIGINT")
        return call(
            "bq_regexp_nth", node.this.copy(), _pattern(node), _group(node), at.copy(), time.copy()
        )
    return call(f"bq_regexp_extract{_group(node).name}", node.this.copy(), _pattern(node))


def _pattern(node: exp.Expression) -> exp.Expression:
    found = node.expression
    if not found.is_string and not isinstance(found, exp.RawString):
        raise invalid_query("A regular expression that is not a literal is not supported here")
    return text(str(found.this))


def _group(node: exp.Expression) -> exp.Expression:
    groups = _groups(str(node.expression.this))
    if groups > 1:
        raise invalid_query(
            "Regular expressions passed into extraction functions must not have more than "
            f"1 capturing group. Found {groups}"
        )
    return exp.Literal.number(groups)


def _groups(pattern: str) -> int:
    found = at = 0
    inside = False
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
        elif inside:
            inside = letter != "]"
        elif letter == "[":
            inside = True
            at += pattern[at + 1 : at + 2] == "]"
        elif letter == "(":
            named = pattern.startswith("(?P<", at)
            found += named or not pattern.startswith("(?", at)
        at += 1
    return found


def _regexp_extract_all(node: exp.Expression) -> exp.Expression:
    return call("bq_regexp_all", node.this.copy(), _pattern(node), _group(node))


def _regexp_replace(node: exp.Expression) -> exp.Expression:
    return call(
        "regexp_replace",
        node.this.copy(),
        _pattern(node),
        node.args["replacement"].copy(),
        text("g"),
    )


def _like(node: exp.Expression) -> exp.Expression | None:
    if isinstance(node.parent, exp.Escape) or isinstance(node.expression, exp.Any | exp.All):
        return None
    return exp.Paren(this=exp.Escape(this=node.copy(), expression=text("\\")))


def _hash(node: exp.Expression) -> exp.Expression:
    length = node.args.get("length")
    if isinstance(node, exp.SHA2Digest) and length is not None and length.name != "256":
        raise invalid_query(f"SHA{length.name} is not supported by the stand-in")
    name = {exp.SHA2Digest: "sha256", exp.SHA1Digest: "sha1"}.get(type(node), "md5")
    return call("unhex", call(name, node.this.copy()))


def _normalize(node: exp.Expression) -> exp.Expression:
    form = node.args.get("form")
    named = form.name.upper() if isinstance(form, exp.Expression) else "NFC"
    if node.args.get("is_casefold") or named != "NFC":
        raise invalid_query("Only NORMALIZE to NFC is supported by the stand-in")
    return call("bq_normalize", node.this.copy())


def _parse_decimal(name: str) -> Rewrite:
    def rewrite(node: exp.Expression) -> exp.Expression:
        return call(name, call("bq_parse_numeric", node.this.copy()))

    return rewrite


TEXT_REWRITES: Rewrites = {
    exp.Concat: _concat,
    exp.Substring: _substring,
    exp.StrPosition: _position,
    exp.Trim: _trim,
    exp.Pad: _pad,
    exp.Left: function("bq_left", "this", "expression"),
    exp.Right: function("bq_right", "this", "expression"),
    exp.Repeat: function("bq_repeat", "this", "times"),
    exp.Upper: function("bq_upper", "this"),
    exp.ByteLength: function("bq_byte_length", "this"),
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpExtractAll: _regexp_extract_all,
    exp.RegexpReplace: _regexp_replace,
    exp.Like: _like,
    exp.Normalize: _normalize,
    exp.Lower: function("bq_lower", "this"),
    exp.ParseNumeric: _parse_decimal("bq_numeric"),
    exp.ParseBignumeric: _parse_decimal("bq_bignumeric"),
    exp.ToCodePoints: function("bq_code_points", "this"),
    exp.CodePointsToString: function("bq_of_code_points", "this"),
    exp.SHA2Digest: _hash,
    exp.SHA1Digest: _hash,
}
