import itertools
import threading
import time
from collections.abc import Callable

from google.cloud import firestore
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tests.contract import real
from tests.contract.firestore.gaps import emulator_gap
from tests.contract.firestore.wire import Wire, integer

READS = 400
C = [{"collection_id": "c"}]


def numbers(wire: Wire, at: Timestamp) -> dict[str, int]:
    """Return the documents of a collection at an instant: a number each."""
    found = shown(wire.query({"from_": C}, read_time=at))
    return {wire.path(name): number for name, number in found.items()}


def test_past_never_changes(wire: Wire):
    """A read at an instant sees exactly that instant, whatever is written later."""
    states = {}
    for path, number in [("c/a", 1), ("c/b", 2), ("c/a", 3), ("c/a", None), ("c/a", 4)]:
        if number is None:
            commit = wire.commit(wire.delete(path)).commit_time
        else:
            commit = wire.set(path, {"n": integer(number)})
        states[commit.ToMicroseconds()] = commit
    expected = [
        {"c/a": 1},
        {"c/a": 1, "c/b": 2},
        {"c/a": 3, "c/b": 2},
        {"c/b": 2},
        {"c/a": 4, "c/b": 2},
    ]
    assert list(states) == sorted(states)
    assert [numbers(wire, at) for at in states.values()] == expected


def test_every_reading_method_takes_a_read_time(wire: Wire, refused: Callable):
    """Gets, lists, collection ids, queries and counts all read the past."""
    at = wire.set("c/a/s/b", {"n": integer(1)})
    wire.set("c/a/t/b", {"n": integer(1)})
    wire.commit(wire.delete("c/a/s/b"))
    assert wire.get("c/a/s/b", read_time=at).fields["n"] == integer(1)
    with refused("NOT_FOUND"):
        wire.get("c/a/s/b")
    parent = wire.name("c/a")
    ids = wire.call("ListCollectionIds", parent=parent, read_time=at).collection_ids
    assert (list(ids), wire.paths({"from_": [{"all_descendants": True}]})) == (["s"], ["c/a/t/b"])
    listed = wire.call("ListDocuments", parent=parent, collection_id="s", read_time=at)
    assert [wire.path(document.name) for document in listed.documents] == ["c/a/s/b"]
    names = [wire.name("c/a/s/b")]
    (got,) = wire.stream("BatchGetDocuments", database=wire.database, documents=names, read_time=at)
    assert (wire.path(got.found.name), got.read_time) == ("c/a/s/b", at)


def test_client_reads_the_past(client: firestore.Client):
    """The real client's read_time works on gets, streams and lists."""
    document = client.document("c/d")
    at = document.set({"n": 1}).update_time
    document.delete()
    assert document.get(read_time=at).get("n") == 1
    assert [found.id for found in client.collection("c").stream(read_time=at)] == ["d"]
    assert [found.id for found in client.collection("c").list_documents(read_time=at)] == ["d"]
    assert [found.id for found in client.collections(read_time=at)] == ["c"]


def test_reads_tell_their_time(wire: Wire):
    """A read tells the instant that it saw, and reading there again shows the same."""
    wire.set("c/a", {"n": integer(1)})
    (answer,) = wire.query({"from_": C})
    wire.set("c/a", {"n": integer(2)})
    assert numbers(wire, answer.read_time) == {"c/a": 1}


def shown(answers: list[Message]) -> dict[str, int]:
    """Return the number of each document in a query's answers."""
    documents = [answer.document for answer in answers if answer.document.name]
    return {item.name: item.fields["n"].integer_value for item in documents}


@emulator_gap("a query can see half of a commit")
def test_commits_are_atomic_at_every_instant(wire: Wire):
    """No instant shows half a commit while others write, and each stays as it was seen."""
    stop = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            fields = {"n": integer(number)}
            wire.commit(*(wire.update(f"c/{name}", fields) for name in "abc"))

    seen: list[list[Message]] = []
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(seen) < READS:
            seen.append(wire.query({"from_": C}))
    finally:
        stop.set()
        writer.join()
    assert len({max(shown(answers).values(), default=-1) for answers in seen}) > READS // 20
    for answers in seen:
        assert len(set(shown(answers).values())) <= 1
    for answers in seen[:: READS // 20]:
        again = wire.query({"from_": C}, read_time=answers[0].read_time)
        assert shown(again) == shown(answers)


def _from_now(seconds: int) -> Timestamp:
    return Timestamp(seconds=int(time.time()) + seconds)


def test_impossible_read_times(wire: Wire, refused: Callable):
    """The future and fractions of a microsecond are refused; a month ago is too old."""
    fraction = Timestamp(seconds=_from_now(-5).seconds, nanos=1)
    for at in (_from_now(60), fraction):
        with refused("INVALID_ARGUMENT"):
            wire.query({"from_": C}, read_time=at)
    with refused("FAILED_PRECONDITION"):
        wire.query({"from_": C}, read_time=_from_now(-30 * 86400))


@real.local_only(real.AGE)
def test_within_the_hour(wire: Wire):
    """Half an hour ago can be read, to the second, and was empty."""
    wire.set("c/a", {"n": integer(1)})
    assert numbers(wire, _from_now(-1800)) == {}


@real.local_only(real.AGE)
@emulator_gap("it keeps no rule for what is older than an hour")
def test_beyond_the_hour_only_whole_minutes(wire: Wire, refused: Callable):
    """What is older than an hour is read at whole minutes only."""
    wire.set("c/a", {"n": integer(1)})
    minute = Timestamp(seconds=_from_now(-7200).seconds // 60 * 60)
    assert numbers(wire, minute) == {}
    with refused("FAILED_PRECONDITION") as refusal:
        wire.query({"from_": C}, read_time=Timestamp(seconds=minute.seconds + 1))
    assert "read_time is too old" in refusal.value.details()
