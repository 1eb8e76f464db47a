// As much of `node:assert/strict` as the journey uses.

import { inspect } from "./util.mjs";

function ok(value, message) {
  if (!value) {
    throw new Error(message ?? `${inspect(value)} does not hold`);
  }
}

const differs = (found, expected) => `found    ${inspect(found)}\nexpected ${inspect(expected)}`;

export default {
  ok,
  equal: (found, expected) => ok(Object.is(found, expected), differs(found, expected)),
  notEqual: (found, other) => ok(!Object.is(found, other), `found ${inspect(found)}`),
  deepEqual: (found, expected) => ok(inspect(found) === inspect(expected), differs(found, expected)),
  match: (found, pattern) => ok(pattern.test(found), differs(found, String(pattern))),
};
