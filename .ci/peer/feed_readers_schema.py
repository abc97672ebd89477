"""What an editor makes of files: reads a JSON Schema and documents by name, and prints each fault and
how many documents there were."""

import json
import sys

from jsonschema.validators import validator_for

given = json.load(sys.stdin)
kind = validator_for(given["schema"])
kind.check_schema(given["schema"])
validator = kind(given["schema"])
for name, document in given["files"].items():
    for fault in validator.iter_errors(document):
        print(f"{name}: {fault.json_path}")
print(f"seen {len(given['files'])}")
