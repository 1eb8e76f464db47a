// What a page is given, and how it tells where it failed.

export const { api, admin, login } = window.given;

export const PASSWORD = "Secr3t-enough!";

const utf8 = new TextEncoder();
export const bytes = (text) => utf8.encode(text);

let order = Promise.resolve();

/** Sends home what happened, in order. */
export function tell(path, text) {
  order = order.then(() => fetch(path, { method: "POST", body: text }));
  return order;
}

export async function step(name, work) {
  try {
    const result = await work();
    tell("/say", `ok   ${name}`);
    return result;
  } catch (error) {
    tell("/say", `FAIL ${name}`);
    throw error;
  }
}

const some = Math.random().toString(36).slice(2, 8);
let made = 0;
export const fresh = (name) => `${name}-${some}-${++made}`;
