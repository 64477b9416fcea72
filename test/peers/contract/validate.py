"""Says which requests the JSON schemas of some models allow.

Reads a list of {"schema": ..., "requests": [...]} as JSON, and writes a list of lists of true and false. A schema that
is none ends it.
"""

import json
import sys

from jsonschema import Draft202012Validator


def verdicts(case):
    Draft202012Validator.check_schema(case["schema"])
    validator = Draft202012Validator(case["schema"])
    for example in case["schema"]["examples"]:
        validator.validate(example)
    return [validator.is_valid(request) for request in case["requests"]]


print(json.dumps([verdicts(case) for case in json.load(sys.stdin)]))
