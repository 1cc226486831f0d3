"""A document as a page: what names it bears, what it may load, how big it gets, who can read it."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from recovery.document import (
    Chart,
    Column,
    Command,
    Conclusion,
    Document,
    FactLine,
    Listing,
    Paragraph,
    ProofLine,
    Row,
    Rows,
    Section,
    Span,
    Table,
    Timeline,
)
from recovery.report.html import page_of
from recovery.report.text import text_of

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y>&lt;\u202egnp.exe\x1b[31m\x00`<b>`"
PLAIN_TAGS = re.compile(
    "html|head|meta|title|style|body|main|h[12]|div|section|p|strong|b|code|dl|dt|dd|ul|li|table|"
    "thead|tbody|tr|th|td|figure|figcaption|svg|rect|text"
)
MOST_BYTES = 200_000


class Page(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and what it says."""
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Insist that what was opened last is closed first."""
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what a person reads, and the style apart."""
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.said.append(data)

    @property
    def text(self) -> str:
        """What a person reads."""
        return " ".join("".join(self.said).split())


def whole(text: str) -> Document:
    """Return a document that says one thing in every place there is."""
    row = Row(text, text, 1, (Row(text, text, 2, (Row(text),)),))
    blocks = (
        Rows((row,), "planned"),
        Table((Column(text), Column(text, "right")), ((text, text),)),
        FactLine(((text, text),)),
        Paragraph(text),
        Listing(text, (text,)),
        ProofLine(text, is_good=False),
        Command(text, text, text),
        Chart(text, ((text, 1.0), (text, None))),
        Timeline(text, (Span(text, text, 1.0),)),
    )
    return Document((Section(blocks, text),), title=text, conclusion=Conclusion(text, text, text))


def parts(number: int, *, failed: int = 0, name: str = "nba.games_{:05d}") -> Document:
    """Return the report of so many parts, some of which failed in the middle."""
    rows = [Row(f"{name.format(place)}  (create, 6 rows)", "proven") for place in range(number)]
    for place in range(number // 2, number // 2 + failed):
        rows[place] = Row(name.format(place), "FAILED", below=(Row("no answer"),) * 40)
    notes = Listing("cannot be brought back:", tuple(name.format(place) for place in range(number)))
    runs = Table((Column("run"), Column("")), tuple((row.text, "held") for row in rows))
    return Document((Section((Rows(tuple(rows), "ended"), notes, runs)),), title="recovery x")


def test_a_name_is_text_wherever_it_stands():
    """Markup, controls and letters that turn the direction of a line are told, and do nothing."""
    written = page_of(whole(HOSTILE))
    page = Page(written)
    assert all(PLAIN_TAGS.fullmatch(tag) for tag, _ in page.tags)
    assert {name for _, attrs in page.tags for name in attrs} <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "scope",
        "viewbox", "width", "height", "role", "aria-label", "x", "y",
    }  # fmt: skip
    assert written.replace("\n", "").isprintable()
    told = page.text.replace("`", "")
    assert told.count("<script>alert(1)</script>") >= 18
    assert "\\u202egnp.exe\\x1b[31m\\x00" in told


def test_nothing_is_loaded_and_nothing_runs():
    """The policy of the page allows its one style, by its hash, and nothing else."""
    page = Page(page_of(whole("x")))
    (policy,) = (
        attrs["content"]
        for tag, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not re.search(r"url\(|@import|https?:", page_of(whole("x")))


def test_equal_documents_are_equal_bytes():
    """A page tells of its document, not of when it was written; another document is another page."""
    assert page_of(parts(30, failed=2)) == page_of(parts(30, failed=2))
    assert page_of(parts(30, failed=2)) != page_of(parts(30, failed=3))


@pytest.mark.parametrize("name", ["nba.games_{:05d}", "数" * 900 + "{}", "<&\"'" * 400 + "\x01{}"])
@pytest.mark.parametrize("failed", [0, 3, 10_000 // 2])
def test_ten_thousand_parts_fit(name: str, failed: int):
    """What there is no room for is counted, and what failed comes before what is proven."""
    written = page_of(parts(10_000, failed=failed, name=name))
    assert 50_000 < len(written.encode()) < MOST_BYTES
    text = Page(written).text
    (rest,) = re.findall(r"\.\.\. ([0-9,]+) more: ([0-9,]+) .*?proven", text)
    shown = text.count("FAILED") - (": " in text and bool(re.search(r"[0-9] FAILED", text)))
    assert shown >= min(failed, 40)
    assert int(rest[0].replace(",", "")) <= 10_000 - shown


def test_what_fits_is_whole():
    """Nothing of a short document is left out."""
    text = Page(page_of(parts(40, failed=1))).text
    assert all(f"nba.games_{place:05d}" in text for place in range(40))
    assert " more" in text
    assert text.count("no answer") == 25
    assert "... 15 more" in text
    long = Page(page_of(Document((Section((Paragraph("y" * 5000),)),)))).text
    assert "... 3,000 more characters" in long


def test_no_colour_without_a_word():
    """Whatever has a colour says in words what the colour says."""
    document = Document(
        (
            Section((Rows((Row("a", "proven"), Row("b", "NOT EQUAL"), Row("c")), "ended"),)),
            Section(
                (Paragraph("REPLACES 3 ROWS THAT ARE THERE"), ProofLine("0 of 1", is_good=False))
            ),
        ),
        conclusion=Conclusion("PARTIAL", "not recovered: b"),
    )
    coloured = re.findall(
        r'class="(?:word |conclusion )?(good|bad|warning)">\s*(?:<strong>)?([^<]*)',
        page_of(document),
    )
    assert coloured == [
        ("bad", "PARTIAL"),
        ("good", "proven"),
        ("bad", "NOT EQUAL"),
        ("bad", "ROWS THAT ARE THERE"),
        ("bad", "0 of 1"),
    ]


def test_a_chart_is_bars_and_numbers():
    """Each point is a bar with its number; the highest is as high as the chart, an unknown is a mark."""
    chart = Chart("errors a day", (("Mon", 0.0), ("Tue", 20.0), ("Wed", None), ("Thu", 5.0)))
    document = Document((Section((chart, Chart("nothing", ())), "Trends"),), has_headings=True)
    written = page_of(document)
    bars = re.findall(r'<rect class="(\w+)" .*?y="([\d.]+)" width="8" height="([\d.]+)">', written)
    assert bars == [
        ("bar", "59", "1"), ("bar", "0.0", "60.0"), ("gap", "59", "1"), ("bar", "45.0", "15.0"),
    ]  # fmt: skip
    assert "<title>Tue: 20</title>" in written
    assert "<title>Wed: unknown</title>" in written
    assert written.count("<svg") == 1
    text = text_of(document)
    assert text.startswith("Trends\n  errors a day: ▁█·▃ Mon to Thu, 0 to 20, last 5")
    assert "nothing: nothing is known" in text


def test_a_timeline_is_bars_one_behind_the_other_with_words():
    """Each phase begins where the one before ended; a short one is seen; what it came to is a word."""
    first = Span("FENCING", "SUCCEEDED", 30.0)
    spans = (first, Span("tables", "NOT PROVEN", 0.0), Span("b", "x", 90.0))
    document = Document((Section((Timeline("phases", spans),), "The clock"),))
    written = page_of(document)
    bars = re.findall(r'<rect class="span (\w*)" x="([\d.]+)" y="(\d+)" width="([\d.]+)"', written)
    assert [(x, y, width) for _, x, y, width in bars] == [
        ("0.0", "18", "90.0"),
        ("90.0", "52", "2.0"),
        ("90.0", "86", "270.0"),
    ]
    assert [tone for tone, *_ in bars] == ["good", "bad", "plain"]
    (width,) = re.findall(r'viewBox="0 0 (\d+) \d+" width="\1"', written)
    assert int(width) < 400 - 2 * 16, "on a narrow screen its letters are as large as on a wide one"
    assert ">tables: 0.0 s, NOT PROVEN</text>" in written
    assert text_of(document) == ""


def luminance(colour: str) -> float:
    """Return how bright a colour is (WCAG 2.2, "relative luminance")."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_every_text_can_be_read(scheme: int):
    """In light, dark and print each text has the contrast that level AA asks for, 4.5 to 1."""
    found = re.findall(r":root \{(.*?)\}", Page(page_of(whole("x"))).style, re.DOTALL)
    assert len(found) == 3
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", found[scheme]))
    for behind in ("page", "raised"):
        for written in ("text", "muted", "good", "warning", "bad"):
            bright, dark = sorted(
                (luminance(colours[behind]), luminance(colours[written])), reverse=True
            )
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (behind, written)
