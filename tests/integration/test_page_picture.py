"""A page as a browser shows it: its style is applied, in light and in dark, and nothing is refused."""

import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from recovery.document import Document, Paragraph, Row, Rows, Section
from recovery.report.html import page_of

CHROMIUM = shutil.which("chromium")
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


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Return the colour of the upper left corner, which no filter of a PNG changes."""
    (depth, kind) = png[24:26]
    assert (depth, kind in (2, 6)) == (8, True)
    packed, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            packed += png[place + 8 : place + 8 + length]
        place += length + 12
    return tuple(zlib.decompress(packed)[1:4])


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


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_browser_refuses_what_is_not_ours(tmp_path: Path):
    """A style or a script that got into a page is refused, whatever let it in."""
    foreign = "<style>body{background:#123456}</style><script>document.title='x'</script><main>"
    taken, said = picture(tmp_path, page_of(DOCUMENT).replace("<main>", foreign))
    assert first_pixel(taken) == (0xFF, 0xFF, 0xFF)
    assert said.count("Content Security Policy") >= 2
