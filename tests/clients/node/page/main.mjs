// What runs in the page.

import { NewAuthorizationBearerInterceptor } from "@zitadel/client";
import { createClientTransport } from "@zitadel/client/web";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";

import { journey } from "../journey.mjs";
import { api, tell } from "../surroundings.mjs";

const ways = {
  "gRPC-Web": {
    transport: (token) => createClientTransport(token, { baseUrl: api, defaultTimeoutMs: 60_000 }),
    anonymous: createGrpcWebTransport({ baseUrl: api }),
  },
  Connect: {
    transport: (token) =>
      createConnectTransport({
        baseUrl: api,
        interceptors: [NewAuthorizationBearerInterceptor(token)],
        defaultTimeoutMs: 60_000,
      }),
    anonymous: createConnectTransport({ baseUrl: api }),
  },
};

try {
  for (const [name, way] of Object.entries(ways)) {
    tell("/say", `-- ${name} in a page`);
    await journey(way);
  }
  await tell("/end", "");
} catch (error) {
  await tell("/end", `${error}\n${error.stack}`);
}
