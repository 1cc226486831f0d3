"""The Terraform provider's schema, read from a package made of it: `... .schema WHEEL`.

`cdktn-provider-google` is generated from the whole schema of hashicorp/google. Its JavaScript keeps,
of each argument, the name, the type, whether it is a block and how often it may come, and in a
comment whether it is computed, optional or required. What Rebound's Terraform uses of it
(types.txt) is kept in schema.json.gz, whose source is in NOTICE.md.
"""

import gzip
import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent
KEPT = FOLDER / "schema.json.gz"
TYPES = FOLDER / "types.txt"
_CLASS = re.compile(r"^class (\w+) extends [\w.]+ \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_STRUCT = re.compile(
    r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.DOTALL | re.MULTILINE
)
_OWN = re.compile(r"^    synthesizeHclAttributes\(\) \{(.*?)^    \}", re.DOTALL | re.MULTILINE)
_INPUT = re.compile(
    r'^ +(\w+): \{\n +value: .*,\n +isBlock: (true|false),\n +type: "(\w+)",\n'
    r' +storageClassType: "(\w+)",',
    re.MULTILINE,
)
_MEMBER = re.compile(
    r"^    // (\w+) - (?:computed: (true|false), optional: (true|false), )?required: (true|false)\n"
    r"(.*?)(?=^    // \w+ - |^    // ===|\Z)",
    re.DOTALL | re.MULTILINE,
)
_GETTER = re.compile(r"return (cdktn\.Fn\.tolist\()?this\.get(\w+)Attribute\('")
_MADE = re.compile(r'= new ([\w.]+)\(this, "\w+"(?:, (true|false))?\)')
_TYPE = re.compile(r'tfResourceType = "(\w+)"')
_PROVIDER = re.compile(r"hashicorp/google provider version ([\d.]+)")
_SIMPLE = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
_OF_GETTER = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "BooleanMap": ["map", "bool"],
    "NumberMap": ["map", "number"],
    "AnyMap": ["map", "dynamic"],
}

type Block = dict[str, Any]


class Input(NamedTuple):
    """How an argument is written."""

    is_block: bool
    kind: str
    type: str


class Member(NamedTuple):
    """One argument or attribute of a class."""

    name: str
    computed: bool
    optional: bool
    required: bool
    code: str


class UnknownShapeError(Exception):
    """The package is written in a way that is not understood here."""


class Module:
    """The JavaScript of one type.

    Args:
        text: The source.
    """

    def __init__(self, text: str) -> None:
        self._classes = dict(_CLASS.findall(text))
        self._inputs = {
            f"{name[0].upper()}{name[1:]}": _inputs(body) for name, body in _STRUCT.findall(text)
        }
        found = _TYPE.search(text)
        self.type = found[1] if found else ""

    def block(self) -> Block:
        """Return the schema of the type.

        Raises:
            UnknownShapeError: The source is not as it is expected.
        """
        (body,) = (body for body in self._classes.values() if _OWN.search(body))
        (written,) = _OWN.findall(body)
        return self._block(body, _inputs(written))

    def settings(self) -> Block:
        """Return the schema of a provider's arguments; its blocks, written otherwise, are left out."""
        (body,) = (body for body in self._classes.values() if _OWN.search(body))
        inputs = _inputs(_OWN.findall(body)[0])
        members = (m for m in _members(body) if m.name in inputs and not inputs[m.name].is_block)
        attributes = {m.name: self._attribute(m, inputs[m.name]) for m in members}
        attributes.pop("alias")  # Terraform's own, and no argument
        return {"attributes": attributes, "block_types": {}}

    def _block(self, body: str, inputs: Mapping[str, Input]) -> Block:
        members = list(_members(body))
        blocks = [m for m in members if m.name in inputs and inputs[m.name].is_block]
        attributes = [m for m in members if m not in blocks]
        if missing := set(inputs) - {member.name for member in members}:
            raise UnknownShapeError(f"{self.type}: {sorted(missing)} are no members")
        return {
            "attributes": {m.name: self._attribute(m, inputs.get(m.name)) for m in attributes},
            "block_types": {m.name: self._nested(m, inputs[m.name]) for m in blocks},
        }

    def _attribute(self, member: Member, written: Input | None) -> Block:
        flags = {
            "computed": member.computed,
            "optional": member.optional,
            "required": member.required,
        }
        return {
            "type": self._type(member) if written is None else _written_type(written),
            **{flag: True for flag, is_set in flags.items() if is_set},
        }

    def _nested(self, member: Member, written: Input) -> Block:
        made = _MADE.search(member.code)
        if made is None:
            raise UnknownShapeError(f"{self.type}: the block {member.name} has no class")
        name = re.sub(r"(OutputReference|List)$", "", made[1])
        block = self._block(self._classes[f"{name}OutputReference"], self._inputs[name])
        if written.kind == "struct":
            return {"nesting_mode": "single", "block": block}
        is_one = made[1].endswith("OutputReference")
        return {
            "nesting_mode": written.kind,
            "block": block,
            **({"max_items": 1} if is_one else {}),
            **({"min_items": 1} if member.required else {}),
        }

    def _type(self, member: Member) -> object:
        """Return the type of what only the provider sets."""
        if getter := _GETTER.search(member.code):
            found = _OF_GETTER[getter[2]]
            return ["set", found[1]] if getter[1] else found
        made = _MADE.search(member.code)
        if made is None:
            raise UnknownShapeError(f"{self.type}: {member.name} has no type")
        if made[1].startswith("cdktn."):
            name = made[1].removeprefix("cdktn.")
            is_list = name.endswith("MapList")
            return ["list", _OF_GETTER[name[:-4]]] if is_list else _OF_GETTER[name]
        reference = re.sub(r"(OutputReference|List)$", "OutputReference", made[1])
        members = _members(self._classes[reference])
        return [
            "set" if made[2] == "true" else "list",
            ["object", {m.name: self._type(m) for m in members}],
        ]


def schema(wheel: Path, wanted: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the schemas of some types, in the form of `terraform providers schema -json`.

    Args:
        wheel: The package.
        wanted: The names of resources and of data sources.

    Raises:
        UnknownShapeError: One of them is not in it, or is not as it is expected.
    """
    with zipfile.ZipFile(wheel) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".jsii.tgz"))
        metadata = next(name for name in opened.namelist() if name.endswith("/METADATA"))
        provider = _PROVIDER.search(opened.read(metadata).decode())
        with tarfile.open(fileobj=io.BytesIO(opened.read(name))) as package:
            read = partial(_module, package)
            found = {
                "source": {
                    "package": wheel.name.removesuffix(".whl"),
                    "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
                    "provider": f"hashicorp/google {provider[1] if provider else 'unknown'}",
                },
                "provider": {"version": 0, "block": read("provider").settings()},
                "resource_schemas": {each: _schema(read, "", each) for each in wanted["resource"]},
                "data_source_schemas": {
                    each: _schema(read, "data-google-", each) for each in wanted["data"]
                },
            }
    return found


def wanted_types(text: str) -> dict[str, list[str]]:
    """Read which types are wanted: lines of `resource` or `data` and a name."""
    pairs = [line.split() for line in text.splitlines()]
    return {kind: [name for key, name in pairs if key == kind] for kind in ("resource", "data")}


def _schema(read: Callable[[str], Module], prefix: str, name: str) -> dict[str, Any]:
    module = read(f"{prefix}{name.removeprefix('google_').replace('_', '-')}")
    if module.type != name:
        raise UnknownShapeError(f"{name} is not where it is looked for, but {module.type}")
    return {"version": 0, "block": module.block()}


def _module(package: tarfile.TarFile, folder: str) -> Module:
    source = package.extractfile(f"package/lib/{folder}/index.js")
    if source is None:
        raise UnknownShapeError(f"{folder} is no type of the provider")
    return Module(source.read().decode())


def _members(body: str) -> Iterator[Member]:
    for name, computed, optional, required, code in _MEMBER.findall(body):
        yield Member(name, computed == "true", optional == "true", required == "true", code)


def _inputs(body: str) -> dict[str, Input]:
    return {
        name: Input(is_block == "true", kind, type_)
        for name, is_block, kind, type_ in _INPUT.findall(body)
    }


def _written_type(written: Input) -> object:
    if written.kind == "simple":
        return _SIMPLE[written.type]
    element = re.fullmatch(r"(string|number|boolean|any)(?:List|Map)", written.type)
    if element is None:
        raise UnknownShapeError(f"{written} is a type of types")
    return [written.kind, _SIMPLE[element[1]]]


def main() -> None:
    """Write what is kept."""
    found = schema(Path(sys.argv[1]), wanted_types(TYPES.read_text(encoding="utf-8")))
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    KEPT.write_bytes(gzip.compress(text.encode(), mtime=0))
    sys.stdout.write(f"{KEPT.name}: {found['source']}, {KEPT.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
