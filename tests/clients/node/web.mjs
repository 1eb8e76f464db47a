// `@zitadel/client/web`: gRPC-Web as a browser sends it, through this runtime's own fetch.

import { createClientTransport } from "@zitadel/client/web";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { journey } from "./journey.mjs";
import { api } from "./surroundings.mjs";

await journey({
  transport: (token) => createClientTransport(token, { baseUrl: api }),
  anonymous: createGrpcWebTransport({ baseUrl: api }),
});
