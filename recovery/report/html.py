"""A document as one page of HTML: nothing is loaded and nothing runs. Equal documents, equal bytes.

Names are anybody's. They are escaped by the template, controls are written out, and the page's
policy forbids everything but its own style (Content Security Policy Level 3, "Usage of hashes").
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from recovery.document import Chart, Document, Timeline
from recovery.report.fit import fitted_to
from recovery.report.tones import STATES, tone_of
from recovery.units import duration

_FOLDER = Path(__file__).parent
_MOST_BYTES_OF_LINES = 150_000
_LINE_WIDTH, _LINE_HEIGHT = 360, 34
_BAR_WIDTH, _BAR_GAP, _CHART_HEIGHT = 8, 2, 60
_TOLD_APART = re.compile(rf"`([^`]+)`|{STATES.pattern}")


def page_of(document: Document) -> str:
    """Write a document as a page, below 200 KB: what there is no room for is counted on it.

    Args:
        document: The document.
    """
    style = (_FOLDER / "page.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return _template().render(
        document=fitted_to(document, _MOST_BYTES_OF_LINES),
        style=Markup(style),  # noqa: S704 - a file of ours, without names
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = _marked
    environment.filters["tone"] = tone_of
    environment.filters["bars"] = _bars
    environment.filters["bits"] = _bits
    environment.tests["a"] = lambda block, name: type(block).__name__ == name
    return environment.get_template("page.html.j2")


class _Bar(NamedTuple):
    x: int
    y: float
    height: float
    told: str
    is_known: bool


def _bars(chart: Chart) -> list[_Bar]:
    """Place a bar for each point of a chart; one that is not known is a mark at the foot."""
    most = max((number for _, number in chart.points if number is not None), default=0) or 1
    found = []
    for place, (name, number) in enumerate(chart.points):
        height = round(max(1, max(number or 0, 0) / most * _CHART_HEIGHT), 1)
        told = f"{name}: {'unknown' if number is None else f'{number:,.10g}'}"
        x = place * (_BAR_WIDTH + _BAR_GAP)
        found.append(_Bar(x, round(_CHART_HEIGHT - height, 1), height, told, number is not None))
    return found


class _Bit(NamedTuple):
    y: int
    x: float
    width: float
    told: str
    tone: str


def _bits(timeline: Timeline) -> list[_Bit]:
    """Place a bar for each phase, behind those before it; a short one is a mark."""
    whole = sum(span.seconds for span in timeline.spans) or 1.0
    found, passed = [], 0.0
    for place, span in enumerate(timeline.spans):
        x = round(passed / whole * _LINE_WIDTH, 1)
        width = round(max(2.0, span.seconds / whole * _LINE_WIDTH), 1)
        told = f"{span.name}: {duration(span.seconds)}, {span.state}"
        y = place * _LINE_HEIGHT
        found.append(_Bit(y, min(x, _LINE_WIDTH - width), width, told, tone_of(span.state)))
        passed += span.seconds
    return found


def _marked(text: str) -> Markup:
    """Set commands and states apart in a text, which is escaped."""
    pieces, end = [], 0
    for found in _TOLD_APART.finditer(text):
        pieces.append(Markup("{}").format(text[end : found.start()]))
        if found[1]:
            pieces.append(Markup("<code>{}</code>").format(found[1]))
        else:
            pieces.append(Markup('<b class="{}">{}</b>').format(tone_of(found[0]), found[0]))
        end = found.end()
    return Markup("").join([*pieces, text[end:]])
