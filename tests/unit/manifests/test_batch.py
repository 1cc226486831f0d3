"""Several calls of Cloud Storage in one request, and what is believed of the answer."""

import json

from manifests.cloud.batch import ApiCall, batch_answers, batch_request

CALLS = [
    ApiCall("POST", "b/one/o/a%2Fb/restore", {"generation": 7, "ifGenerationMatch": None}),
    ApiCall("POST", "b/one/o/c/rewriteTo/b/two/o/c", {}, {"metadata": {"ü": "--rebound-batch"}}),
]
TYPE = "multipart/mixed; boundary=batch_x"


def part(number: int, status: str, body: str, more: str = "") -> str:
    """Return one part of an answer."""
    return (
        f"--batch_x\r\nContent-Type: application/http\r\nContent-ID: <response-{number}>\r\n{more}"
        f"\r\nHTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{body}\r\n"
    )


def test_request():
    """Every call is a part of its own, with its number, target and body."""
    content, content_type = batch_request(CALLS)
    boundary = content_type.partition("boundary=")[2]
    parts = content.decode().split(f"--{boundary}\r\n")[1:]
    assert len(parts) == len(CALLS)
    assert "POST /storage/v1/b/one/o/a%2Fb/restore?generation=7 HTTP/1.1\r\n" in parts[0]
    assert "Content-ID: <1>\r\n" in parts[1]
    sent = parts[1].split("\r\n\r\n")[2].split("\r\n")[0]
    assert json.loads(sent) == CALLS[1].body
    assert content.endswith(f"\r\n--{boundary}--\r\n".encode())


def test_answers_in_any_order():
    """Answers belong to the calls their numbers name, whatever their order."""
    content = part(1, "200 OK", '{"n": 1}', "X-More: 1\r\n") + part(0, "201 Created", '{"n": 0}')
    found = batch_answers(f"{content}--batch_x--\r\n".encode(), TYPE, 2)
    assert found == [{"n": 0}, {"n": 1}]


def test_only_success_is_believed():
    """A refusal, half an answer, no answer and another's answer are none."""
    refused = part(0, "412 Precondition Failed", '{"error": {"code": 412}}')
    cut = part(1, "200 OK", '{"generation": "1')
    foreign = part(9, "200 OK", "{}")
    assert batch_answers((refused + cut + foreign).encode(), TYPE, 3) == [None] * 3
    assert batch_answers(part(0, "200 OK", "{}").encode(), "application/json", 1) == [None]
