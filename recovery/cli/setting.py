"""`rebound settings`: what is set, and where."""

import os

import typer

from manifests.settings import read_settings
from recovery.cli.options import Json, print_json, tell
from recovery.document import Column, Document, Section, Table
from recovery.settings import Settings
from recovery.settings_file import read_settings_file, settings_file, told_settings
from recovery.units import shown

app = typer.Typer()


@app.command()
def settings(as_json: Json = False) -> None:
    """Tell each setting, and from where its value comes."""
    file = settings_file()
    said = {} if file is None else read_settings_file(file, Settings.model_fields)
    found = told_settings(Settings.model_fields, os.environ, said, str(file or ""))
    if as_json:
        print_json([item._asdict() for item in found])
    else:
        columns = (Column("setting"), Column("from"), Column("value"))
        rows = tuple((item.variable, shown(item.source), shown(item.value)) for item in found)
        tell(Document((Section((Table(columns, rows),)),)))
    # What is missing or wrong is told as every other command tells it.
    read_settings(Settings)
