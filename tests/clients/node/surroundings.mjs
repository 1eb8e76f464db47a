// What every program here is given, and how it tells where it failed.

import { readFileSync } from "node:fs";

const file = (name) => readFileSync(process.env[name], "utf8").trim();

/** Where the server is, like `http://127.0.0.1:4711`. */
export const api = process.env.ZITADEL_API_URL;

/** The token of the administrator. */
export const admin = file("ZITADEL_ADMIN_TOKEN_FILE");

/** The token of the login page. */
export const login = file("ZITADEL_SERVICE_USER_TOKEN_FILE");

export const PASSWORD = "Secr3t-enough!";

const utf8 = new TextEncoder();

/** The bytes of a text, as values of metadata are given. */
export const bytes = (text) => utf8.encode(text);

/** Runs one step; a failure carries its name. */
export async function step(name, work) {
  try {
    const result = await work();
    console.log(`ok   ${name}`);
    return result;
  } catch (error) {
    console.log(`FAIL ${name}`);
    throw error;
  }
}

let made = 0;

/** A name that no other user of this server has. */
export const fresh = (name) => `${name}-${process.pid}-${++made}`;
