// better-auth on better-sqlite3, as its documentation sets it up, with what a benchmark has to settle:
// no rate limit, and a password hash that costs nothing unless HASH=scrypt asks for its own.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";

const port = Number(process.env.PORT);
const database = new Database(`${process.env.DATA}/auth.db`);
// The same promise that Bartizan makes: what is answered is on the disk.
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");

const plain = {
  hash: async (password) => `plain:${password}`,
  verify: async ({ hash, password }) => hash === `plain:${password}`,
};

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: process.env.SECRET,
  database,
  emailAndPassword: { enabled: true, ...(process.env.HASH === "scrypt" ? {} : { password: plain }) },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
});

await (await getMigrations(auth.options)).runMigrations();

const server = createServer(toNodeHandler(auth));
server.listen(port, "127.0.0.1");

process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => {
    database.close();
    process.exit(0);
  });
});
