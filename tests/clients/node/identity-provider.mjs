// A certified OpenID Connect provider on a free loopback port, with the pages it brings for development.
// Prints its issuer when it listens, and ends when its input does.

import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "bartizan",
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: [process.env.CALLBACK],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "given_name", "family_name", "preferred_username", "locale"],
  },
  // Whoever logs in says who it is; the password is not looked at.
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      preferred_username: id,
      name: "Ida Dent",
      given_name: "Ida",
      family_name: "Dent",
      locale: "de-CH",
      email: `${id}@example.com`,
      email_verified: true,
    }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["of no importance"] },
});

server.on("request", provider.callback());
console.log(issuer);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
