"""Keeps the one who asks out of what schemathesis locks, deletes and strips of roles.

It takes ids from answers and tries them elsewhere; without its caller every answer would be 401.
"""

import os

import schemathesis

CALLER = os.environ["OPENAPI_CALLER"]


@schemathesis.hook
def before_call(context, case, kwargs):
    if (case.path_parameters or {}).get("user_id") == CALLER:
        case.path_parameters["user_id"] = "1"
