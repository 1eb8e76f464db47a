"""What schemathesis must be kept from.

It takes ids from answers and tries them elsewhere: once the one who asks is locked or deleted, every
answer is 401. And it would wait for the end of a stream that has none.
"""

import os

import schemathesis

CALLER = os.environ["OPENAPI_CALLER"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if (case.path_parameters or {}).get("user_id") == CALLER:
        case.path_parameters["user_id"] = "1"
    if case.path == "/v2/events":
        case.query = {**(case.query or {}), "follow": "false"}
