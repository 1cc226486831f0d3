"""A page as a browser shows it: its style is applied, in light and in dark, and nothing is refused."""

import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from recovery.document import Column, Document, Paragraph, Row, Rows, Section, Table
from recovery.report.html import page_of
from tests.deployed import ROOT

CHROMIUM = shutil.which("chromium")
_LEAST_INK = 0.0005
DOCUMENT = Document(
    (Section((Paragraph("<b>"), Rows((Row("nba.games", "proven"),), "ended"))),), title="recovery x"
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--window-size=400,300",
)


def picture(folder: Path, page: str, *flags: str) -> tuple[bytes, str]:
    """Return a PNG of a page, and what the browser says of it."""
    assert CHROMIUM is not None
    source, taken = folder / "page.html", folder / "page.png"
    source.write_text(page, encoding="utf-8")
    own = (f"--user-data-dir={folder / 'profile'}", f"--screenshot={taken}", *flags)
    command = [CHROMIUM, *FLAGS, *own, source.as_uri()]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    return taken.read_bytes(), done.stderr


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Return the width, the bytes of a pixel, and the pixels of a PNG, row by row (PNG, 9 Filtering)."""
    width, height = struct.unpack(">II", png[16:24])
    (depth, kind) = png[24:26]
    assert (depth, kind in (2, 6)) == (8, True)
    packed, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            packed += png[place + 8 : place + 8 + length]
        place += length + 12
    size = 3 if kind == 2 else 4
    return width, size, _unfiltered(zlib.decompress(packed), height, width * size, size)


def _unfiltered(raw: bytes, height: int, stride: int, size: int) -> bytes:
    above, whole = bytearray(stride), bytearray()
    for row in range(height):
        start = row * (stride + 1)
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + stride])
        if kind == 2:
            line = bytearray((own + up) % 256 for own, up in zip(line, above, strict=True))
        elif kind:
            _undo_neighbours(kind, line, above, size)
        whole += line
        above = line
    return bytes(whole)


def _undo_neighbours(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    """Undo a filter that takes the pixel on the left: that one, the mean with the one above, or the nearest."""
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        added = left
        if kind == 3:
            added = (left + above[at]) // 2
        elif kind == 4:
            corner = above[at - size] if at >= size else 0
            guess = left + above[at] - corner
            added = min((left, above[at], corner), key=lambda value: abs(guess - value))
        line[at] = (line[at] + added) % 256


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Return the colour of the upper left corner."""
    return tuple(pixels(png)[2][:3])


def inked(png: bytes) -> float:
    """Return the share of a picture that has another colour than its corner."""
    _, size, found = pixels(png)
    behind = found[:3]
    others = sum(found[at : at + 3] != behind for at in range(0, len(found), size))
    return others / (len(found) // size)


def png_of(rows: list[bytes], *filters: int) -> bytes:
    """Return a PNG of rows of pixels of three bytes, each with a filter."""
    raw = b"".join(bytes([kind]) + row for kind, row in zip(filters, rows, strict=True))
    head = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(body)) + name + body + b"\0" * 4 for name, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_an_empty_picture_has_no_ink():
    """What is compared is the whole picture: each filter of a row is undone."""
    white = bytes([255] * 6)
    assert inked(png_of([white, white], 0, 0)) == 0
    spotted = png_of([white, bytes([255, 255, 255, 9, 9, 9])], 0, 0)
    assert inked(spotted) == 0.25
    # The same as differences from the left, from above, and from both.
    for kind, row in ((1, [255, 255, 255, 10, 10, 10]), (2, [0, 0, 0, 10, 10, 10])):
        assert pixels(png_of([white, bytes(row)], 0, kind))[2] == pixels(spotted)[2]
    assert pixels(png_of([white, bytes([0, 0, 0, 10, 10, 10])], 0, 4))[2] == pixels(spotted)[2]
    mean = bytes([128, 128, 128, 10, 10, 10])
    assert pixels(png_of([white, mean], 0, 3))[2] == pixels(spotted)[2]


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("size", ["320,480", "1600,900"], ids=["narrow", "wide"])
def test_a_page_has_its_text_on_it(tmp_path: Path, size: str):
    """Narrow and wide: an empty page, which has the same corner, has no ink."""
    taken, _ = picture(tmp_path, page_of(DOCUMENT), f"--window-size={size}")
    assert inked(taken) > _LEAST_INK
    empty, _ = picture(tmp_path, "<!doctype html><body></body>", f"--window-size={size}")
    assert inked(empty) == 0


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(
    ("scheme", "behind"), [(1, (0xFF, 0xFF, 0xFF)), (0, (0x10, 0x14, 0x18))], ids=["light", "dark"]
)
def test_a_browser_shows_the_page(tmp_path: Path, scheme: int, behind: tuple[int, ...]):
    """The page is behind its text in the colour of the scheme, and no policy is broken."""
    flag = f"--blink-settings=preferredColorScheme={scheme}"
    taken, said = picture(tmp_path, page_of(DOCUMENT), flag)
    assert first_pixel(taken) == behind
    assert "Content Security Policy" not in said


def printed(folder: Path, page: str) -> list[int]:
    """Print a page, and return how often each sheet of paper has text in another colour than white."""
    assert CHROMIUM is not None
    source, paper = folder / "printed.html", folder / "printed.pdf"
    source.write_text(page, encoding="utf-8")
    # Without what the browser itself writes on the margins: that is no ink of the page.
    own = (
        "--no-pdf-header-footer",
        f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={paper}",
    )
    subprocess.run([CHROMIUM, *FLAGS, *own, source.as_uri()], check=True, timeout=240)
    pdf = paper.read_bytes()
    sheets = [it for it in pdf.split(b"endobj") if re.search(rb"/Type\s*/Page\b", it)]
    return [_texts(_content(pdf, sheet)) for sheet in sheets]


def _content(pdf: bytes, sheet: bytes) -> bytes:
    """Return what draws a sheet (ISO 32000-1, 7.7.3.3 Page objects, 7.3.8 Stream objects)."""
    number = re.search(rb"/Contents\s+(\d+)\s+0\s+R", sheet)
    assert number is not None
    head = re.search(rb"(?:^|\n)" + number[1] + rb"\s+0\s+obj(.*?)stream\r?\n", pdf, re.DOTALL)
    assert head is not None
    drawn = pdf[head.end() :]
    if b"/FlateDecode" in head[1]:
        return zlib.decompressobj().decompress(drawn)
    return drawn.partition(b"endstream")[0]


def _texts(content: bytes) -> int:
    """Count the texts that are shown, but for white ones (ISO 32000-1, 8.6.8 and 9.4.3)."""
    shown, inks = 0, [b"0 0 0"]
    for mark in re.finditer(rb"([\d.]+ [\d.]+ [\d.]+) rg\b|\b(q|Q|Tj|TJ)\b", content):
        if mark[1]:
            inks[-1] = mark[1]
        elif mark[2] == b"q":
            inks.append(inks[-1])
        elif mark[2] == b"Q":
            inks.pop()
        else:
            shown += inks[-1] != b"1 1 1"
    return shown


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_wide_table_is_read_on_paper(tmp_path: Path):
    """Thirty rows of eleven columns are two sheets: no column is so narrow that it has a letter a line.

    Each sheet has ink: what is there is no empty paper.
    """
    assert CHROMIUM is not None
    headings = ("part", "state", *(f"column of {number}" for number in range(8)), "what")
    row = (
        "nba_analytics.upcoming_player_game_context",
        "UNKNOWN",
        *["1 h 24 min ago"] * 8,
        "it was not shown",
    )
    columns = tuple(Column(it, "right" if it.startswith("column") else "left") for it in headings)
    table = Table(columns, (row,) * 30)
    page = page_of(Document((Section((table,)),), title="x"))
    sheets = printed(tmp_path, page)
    assert 1 <= len(sheets) <= 4
    assert min(sheets) > 0
    assert sum(sheets) > 30 * len(columns), "a cell is not on the paper"
    for blank in ("visibility:hidden", "color:#fff!important"):
        style = f"<!doctype html><style>*{{{blank}}}</style>"
        assert sum(printed(tmp_path, style + "<main>nba.games</main>")) == 0, blank


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_heading_is_on_the_sheet_of_its_table(tmp_path: Path):
    """A wide table is printed across, and its heading with it: what is before it has a sheet, both have the next.

    One of few columns stays on the sheet of what is before it, which would be empty but for that.
    """
    wide = Table(tuple(Column(f"of {it}") for it in range(6)), (("nba.games",) * 6,))
    before = Section((Paragraph("before"),))
    sections = (before, Section((wide,), "Each part"))
    (alone,) = printed(tmp_path, page_of(Document(sections[:1], title="x")))
    first, of_table = printed(tmp_path, page_of(Document(sections, title="x")))
    assert (first, of_table > len(wide.columns)) == (alone, True)
    few = Table(wide.columns[:5], (wide.rows[0][:5],))
    (together,) = printed(tmp_path, page_of(Document((before, Section((few,))), title="x")))
    assert together > alone


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_refuses_what_is_not_ours(tmp_path: Path):
    """A style or a script that got into a page is refused, whatever let it in."""
    foreign = "<style>body{background:#123456}</style><script>document.title='x'</script><main>"
    taken, said = picture(tmp_path, page_of(DOCUMENT).replace("<main>", foreign))
    assert first_pixel(taken) == (0xFF, 0xFF, 0xFF)
    assert said.count("Content Security Policy") >= 2


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_card_is_one_sheet(tmp_path: Path):
    """Who is called prints it, or has it printed: as a browser shows it, it is no longer than one sheet."""
    card = (ROOT / "runbooks" / "quick-card.md").read_text(encoding="utf-8")
    shown = MarkdownIt("commonmark").enable("table").render(card)
    assert len(printed(tmp_path, f"<!doctype html><meta charset=utf-8>{shown}")) == 1
