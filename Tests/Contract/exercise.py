"""Lets schemathesis send what the description allows and forbids, with an operator's key and with a trader's, and looks at every answer.

Not asked for: that what the types allow is taken (the market's own refusals are answers, too). Streams have no end and are left out,
and so is the clock, which would run away from the fixtures. Time is bounded: what was not sent by then is not sent."""
import json
import subprocess
import sys
import urllib.request

url, operator_key, description, examples = sys.argv[1:5]
# Seconds for each key: for what is sent, and until the run must have ended.
BUDGET, LONGEST = 70, 160
document = json.load(open(description, encoding="utf-8"))
streams = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values() if operation.get("x-stream")]


def post(path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {
        "Authorization": "Bearer " + operator_key, "Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=10))


def exercise(who, key):
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", url + "/openapi.json", "--header", "Authorization: Bearer " + key,
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
        "response_schema_conformance,negative_data_rejection,unsupported_method",
        "--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--generation-deterministic",
        "--request-timeout", "10", "--max-time", str(BUDGET), "--no-color", "--exclude-operation-id", "advanceClock"]
    for name in streams:
        command += ["--exclude-operation-id", name]
    try:
        ended = subprocess.run(command, timeout=LONGEST, capture_output=True, text=True)
    except subprocess.TimeoutExpired as late:
        sys.exit(f"exercised with {who} key: no end after {LONGEST} s\n" + (late.stdout or b"").decode()[-8000:])
    if ended.returncode != 0:
        sys.exit(ended.stdout[-12000:] + ended.stderr[-2000:])
    counts = [line.strip() for line in ended.stdout.splitlines() if " generated, " in line]
    print(f"contract: exercised with {who} key: {counts[-1] if counts else 'no case'}")


trader = post("/v1/participants", {"name": "Exercise", "roles": ["provider", "consumer", "meter"]})["id"]
post("/v1/deposits", {"participant_id": trader, "currency": "USD", "amount": "1000000", "reference": "exercise"})
key = post(f"/v1/participants/{trader}/api_keys", {"label": "exercise"})["key"]
exercise("an operator's", operator_key)
exercise("a trader's", key)
