"""Checks what a kit restored, with nothing but Python. It reads manifest.json where it is called.

    python3 check.py stored LISTING...              the vault has what the run needs
    python3 check.py rows TABLE ANSWER              rows of a table are those of the run
    python3 check.py copies BUCKET FOLDER           print the commands that copy a bucket's objects
    python3 check.py objects BUCKET FOLDER LISTING  objects of a bucket are those of the run
    python3 check.py documents DATABASE FOLDER      print documents, once they are the run's

A LISTING is what `gcloud storage objects list --raw --format=json` printed, an ANSWER what `bq query
--format=json` did, a FOLDER has files of the vault. It ends with 1 where something is not equal.
"""

import base64
import hashlib
import json
import re
import shlex
import sys
import zlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

# In a destination these are patterns, or a generation: gcloud storage would write another name.
UNFIT = re.compile(r"[*?\[\]\x00-\x1f\x7f]|#[0-9]+$|/$")
# No document or file of a run is larger, and no block of one once it is inflated.
MOST_BYTES = 32 * 1024 * 1024
MOST_BLOCK_BYTES = 16 * 1024 * 1024
MOST_VALUES = 1_000_000
CONTENT = ("type", "encoding", "disposition", "language")
FLAGS = (*map("content_{}".format, CONTENT), "cache_control", "custom_time", "storage_class")
DAMAGED = (AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError, zlib.error)
# What each byte adds to a checksum.
TABLE = [*range(256)]
for _ in range(8):
    TABLE = [number >> 1 ^ (0x82F63B78 if number & 1 else 0) for number in TABLE]


class NotEqualError(Exception):
    """Something is not what the manifest says."""


def manifest() -> Any:  # noqa: ANN401 - JSON
    """Return the manifest's document, if it is what its digest says."""
    envelope = parsed(whole(Path("manifest.json")))
    document = envelope["document"]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" != envelope["digest"]:
        raise NotEqualError("manifest.json is not what its digest says")
    return document


def whole(path: Path) -> bytes:
    """Return what is in a document or file of a run, which none of ours is larger than."""
    if path.stat().st_size > MOST_BYTES:
        raise NotEqualError(f"{path.name} has more than {MOST_BYTES:,} bytes")
    return path.read_bytes()


def parsed(text: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return JSON, which has no more values than any document of ours."""
    if text.count(b",") + text.count(b"[") + text.count(b"{") > MOST_VALUES:
        raise NotEqualError(f"a document has more than {MOST_VALUES:,} values")
    return json.loads(text, parse_constant=int)  # NaN is no number of JSON, and none for int


def part(kind: str, name: str, *keys: str) -> Any:  # noqa: ANN401 - JSON
    """Return what the manifest says of one part."""
    for item in manifest()[kind]:
        if ".".join(item[key] for key in keys) == name:
            return item
    raise NotEqualError(f"manifest.json has no {name}")


def stored(*listings: str) -> None:
    """Compare what the vault lists with every object that the run needs."""
    found = {name: told for listing in listings for name, told in listed(listing).items()}
    needed = list(objects_in({**manifest(), "abandoned": []}))
    pairs = [(item["name"], (item["size_bytes"], item["crc32c"])) for item in needed]
    conclude(f"{len(pairs)} objects of the vault", differing(pairs, found))


def objects_in(value: Any) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """Yield every object that a document lists."""
    if isinstance(value, dict) and {"name", "size_bytes", "crc32c"} <= value.keys():
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from objects_in(item)


def listed(listing: str) -> dict[str, Any]:
    """Return the size and checksum of every object of a listing."""
    items = json.loads(Path(listing).read_text(encoding="utf-8") or "[]")
    return {item["name"]: (int(item["size"]), item.get("crc32c")) for item in items}


def differing(wanted: list[tuple[str, Any]], found: dict[str, Any]) -> list[str]:
    """Say of what is wanted how it is not what is found."""
    return [
        f"{name}: {'differs' if name in found else 'missing'}"
        for name, value in wanted
        if found.get(name) != value
    ]


def rows(table: str, answer: str) -> None:
    """Compare the fingerprint of every partition of a table."""
    backup = part("tables", table, "dataset_id", "table_id")
    wanted = {item["partition_id"]: item["fingerprint"] for item in backup["partitions"]}
    told = json.loads(Path(answer).read_text(encoding="utf-8") or "[]")
    present = {item["partition_id"]: measured(item) for item in told}
    pairs = [(name, measured(item)) for name, item in wanted.items() if item["row_count"]]
    wrong = differing(pairs, present)
    wrong += [f"{name}: not of the run" for name in sorted(present.keys() - wanted.keys())]
    conclude(f"{backup['fingerprint']['row_count']} rows of {table}", wrong)


def measured(fingerprint: Any) -> list[int]:  # noqa: ANN401 - JSON
    """Return a fingerprint as numbers; BigQuery answers text."""
    return [int(fingerprint[name]) for name in ("row_count", "xor", "low_sum", "high_sum")]


def copies(bucket: str, folder: str) -> None:
    """Print a command for each object, which copies its content to where nothing is."""
    records = inventory(bucket, folder)
    folders = {name[:at] for name in records for at, end in enumerate(name) if end == "/"}
    for name, record in records.items():
        if record["stored_as"] is None:
            tell(f"{name}: its content was never stored")
        elif UNFIT.search(name) or name in folders:
            tell(f"{name}: gcloud storage cannot write this name")
        else:
            sys.stdout.write(f"{copy_command(bucket, name, record)}\n")


def copy_command(bucket: str, name: str, record: dict[str, Any]) -> str:
    """Return the command that copies one object, for a shell."""
    command = ["gcloud", "--quiet", "storage", "cp", "--no-clobber"]
    command += [f"--{key.replace('_', '-')}={record[key]}" for key in FLAGS if record[key]]
    pairs = [f"{key}={value}" for key, value in record["metadata"].items()]
    if pairs:
        mark = next(mark for n in count() if not any((mark := f"@{n}@") in pair for pair in pairs))
        command.append(f"--custom-metadata=^{mark}^{mark.join(pairs)}")
    source = f'gs://"${{VAULT}}"/{shlex.quote(record["stored_as"])}'
    return " ".join([shlex.join(command), source, shlex.quote(f"gs://{bucket}/{name}")])


def objects(bucket: str, folder: str, listing: str) -> None:
    """Compare the objects of a bucket with its inventory; what else is there does not matter."""
    records = inventory(bucket, folder)
    pairs = [(name, (item["size_bytes"], item["crc32c"])) for name, item in records.items()]
    conclude(f"{len(pairs)} objects of {bucket}", differing(pairs, listed(listing)))


def inventory(bucket: str, folder: str) -> dict[str, Any]:
    """Return the records of a bucket's inventory, by the names of the objects."""
    files = [shard["stored"] for shard in part("buckets", bucket, "bucket")["shards"]]
    return {record["name"]: record for item in files for record in records_of(folder, item)}


def documents(database: str, folder: str) -> None:
    """Print the documents of a database as JSON, a line each, file by file, if they are the run's."""
    for item in part("databases", database, "database_id")["files"]:
        records, total = list(records_of(folder, item["stored"])), [0, 0, 0, 0]
        for record in records:
            path = record["path"].encode()
            content = len(path).to_bytes(4, "big") + path + record["fields"]
            hashed = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
            count, xor, low, high = total
            total = [count + 1, xor ^ hashed, low + (hashed & 0xFFFFFFFF), high + (hashed >> 32)]
        wrong = [] if measured(item["fingerprint"]) == total else ["their fingerprint differs"]
        conclude(f"{total[0]} documents of {database} from {item['first_path']}", wrong)
        for record in records:
            line = {"path": record["path"], "fields": base64.b64encode(record["fields"]).decode()}
            sys.stdout.write(f"{json.dumps(line)}\n")


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        number |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return number, at
    raise ValueError("a number is too long")


def records_of(folder: str, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the records of an Avro file that was copied from the vault, if it is what was stored."""
    content = whole(Path(folder) / item["name"].rpartition("/")[2])
    if (len(content), crc32c(content)) != (item["size_bytes"], item["crc32c"]):
        raise NotEqualError(f"{item['name']} is not what was stored")
    meta, at = decoded({"type": "map", "values": "bytes"}, content, 4)
    schema, at = parsed(meta["avro.schema"]), at + 16
    while at < len(content):
        records, at = decoded("long", content, at)
        block, at = decoded("bytes", content, at)
        at, place = at + 16, 0
        block = inflated(block) if meta.get("avro.codec") == b"deflate" else block
        if not 0 <= records <= len(block):
            raise NotEqualError(f"{item['name']}: {records:,} records in {len(block):,} bytes")
        for _ in range(records):
            record, place = decoded(schema, block, place)
            yield record


def inflated(block: bytes) -> bytes:
    """Return a block as it was before it was deflated."""
    inflating = zlib.decompressobj(-15)
    plain = inflating.decompress(block, MOST_BLOCK_BYTES)
    if not inflating.eof:
        raise NotEqualError(f"a block does not end, or not within {MOST_BLOCK_BYTES:,} bytes")
    return plain


def decoded(schema: Any, data: bytes, at: int) -> tuple[Any, int]:  # noqa: ANN401 - JSON
    """Return the value of a schema of Avro that begins at a place, and the place behind it."""
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        record = {}
        for field in schema["fields"]:
            record[field["name"]], at = decoded(field["type"], data, at)
        return record, at
    if kind == "null":
        return None, at
    if kind == "boolean":
        return data[at] == 1, at + 1
    return decoded_sized(schema, kind, data, at)


def decoded_sized(schema: Any, kind: Any, data: bytes, at: int) -> tuple[Any, int]:  # noqa: ANN401 - JSON
    """Return a value of Avro that begins with a number, and the place behind it."""
    number, at = varint(data, at)
    number = (number >> 1) ^ -(number & 1)
    if isinstance(kind, list):
        return decoded(kind[number], data, at)
    if kind == "map":
        return decoded_map(schema["values"], data, number, at)
    if kind in ("string", "bytes"):
        if not 0 <= number <= len(data) - at:
            raise NotEqualError(f"an Avro file has no {number:,} bytes where it says so")
        content = data[at : at + number]
        return content.decode() if kind == "string" else content, at + number
    return (number, at) if isinstance(kind, str) else decoded(kind, data, at)


def decoded_map(values: Any, data: bytes, count: int, at: int) -> tuple[Any, int]:  # noqa: ANN401 - JSON
    """Return a map of Avro whose first block has so many entries, and the place behind it."""
    found = {}
    while count:
        at = at if count > 0 else varint(data, at)[1]
        for _ in range(abs(count)):
            key, at = decoded("string", data, at)
            found[key], at = decoded(values, data, at)
        count, at = decoded("long", data, at)
    return found, at


def crc32c(content: bytes) -> str:
    """Return the checksum as Cloud Storage writes it."""
    value = 0xFFFFFFFF
    for byte in content:
        value = TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return base64.b64encode((value ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


def conclude(what: str, wrong: list[str]) -> None:
    """Say that something is equal, or raise with what is not."""
    if wrong:
        raise NotEqualError("\n".join([f"{what}: NOT equal, {len(wrong)} differ", *wrong[:20]]))
    tell(f"{what}: equal")


def tell(text: str) -> None:
    """Write a line for a person to stderr: stdout can be a script that is run."""
    sys.stderr.write(f"{text}\n")


def main(arguments: list[str]) -> int:
    """Run the command that the first argument names; return the exit code."""
    known = {item.__name__: item for item in (stored, rows, copies, objects, documents)}
    if not arguments or arguments[0] not in known:
        tell(str(__doc__))
        return 2
    try:
        known[arguments[0]](*arguments[1:])
    except NotEqualError as error:
        tell(str(error))
    except DAMAGED as error:
        tell(f"what is read is not as a run stores it: {type(error).__name__}: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
