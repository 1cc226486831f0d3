"""What an operator's laptop has beside `rebound`: the commands of `gcloud` that pages have run, on the local cloud.

Who is asked for a token always gives one. Whether the real one knows each command is asked in test_lint.py.
"""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit


def main() -> None:
    """Run one command."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    said = [word[2:] for word in sys.argv[1:] if word.startswith("--")]
    flags = {name: value for name, _, value in (word.partition("=") for word in said)}
    if words == ["auth", "print-identity-token"]:
        sys.stdout.write("a-token\n")
        return
    assert words[:2] == ["scheduler", "jobs"], words
    assert flags.pop("format", "value(state)") == "value(state)"
    verb, name = words[2:]
    where = f"projects/{flags['project']}/locations/{flags['location']}/jobs/{name}"
    endpoint = urlsplit(os.environ["REBOUND_API_ENDPOINT"])
    path = f"{endpoint.path}/cloudscheduler.googleapis.com/v1/{where}"
    calling = http.client.HTTPConnection(str(endpoint.hostname), endpoint.port, timeout=60)
    if verb == "describe":
        calling.request("GET", path)
    else:
        kind = {"Content-Type": "application/json"}
        calling.request("POST", f"{path}:{verb}", "{}", kind)
    answer = calling.getresponse()
    content = answer.read().decode()
    assert answer.status == http.client.OK, content
    sys.stdout.write(f"{json.loads(content)['state']}\n")


if __name__ == "__main__":
    main()
