// `@zitadel/client/node`: gRPC over HTTP/2.

import { createServerTransport } from "@zitadel/client/node";
import { createGrpcTransport } from "@connectrpc/connect-node";

import { journey } from "./journey.mjs";
import { api } from "./surroundings.mjs";

await journey({
  transport: (token) => createServerTransport(token, { baseUrl: api }),
  anonymous: createGrpcTransport({ baseUrl: api }),
});
