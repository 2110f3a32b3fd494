"""Validates the description by an independent validator, and what a validator does not look at."""
import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

document = json.load(open(sys.argv[1], encoding="utf-8"))
faults = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
names = []
for path, methods in document["paths"].items():
    for method, operation in methods.items():
        names.append(operation["operationId"])
        good = [status for status in operation["responses"] if status.startswith("2")]
        if len(good) != 1:
            faults.append(f"{method} {path} has {len(good)} good answers")
faults += [f"operationId {name} stands twice" for name in set(names) if names.count(name) > 1]
if faults:
    sys.exit("\n".join(faults[:20]))
print(f"contract: {len(names)} operations are valid OpenAPI {document['openapi']}")
