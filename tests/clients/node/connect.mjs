// The clients of `@zitadel/client` over the Connect protocol: binary and JSON, HTTP/1.1 and HTTP/2,
// requests in the clear and compressed, from a server and from a page.

import { NewAuthorizationBearerInterceptor } from "@zitadel/client";
import { compressionGzip, createConnectTransport } from "@connectrpc/connect-node";
import { createConnectTransport as createPageTransport } from "@connectrpc/connect-web";

import { journey } from "./journey.mjs";
import { api } from "./surroundings.mjs";

async function over(name, make, options) {
  console.log(`-- ${name}`);
  await journey({
    transport: (token) =>
      make({ baseUrl: api, ...options, interceptors: [NewAuthorizationBearerInterceptor(token)] }),
    anonymous: make({ baseUrl: api, ...options }),
  });
}

for (const httpVersion of ["1.1", "2"]) {
  for (const useBinaryFormat of [true, false]) {
    const name = `${useBinaryFormat ? "binary" : "JSON"} over HTTP/${httpVersion}`;
    await over(name, createConnectTransport, { httpVersion, useBinaryFormat });
  }
}
await over("compressed", createConnectTransport, {
  httpVersion: "1.1",
  useBinaryFormat: true,
  sendCompression: compressionGzip,
  compressMinBytes: 0,
});
await over("JSON of a page", createPageTransport, { useBinaryFormat: false });
