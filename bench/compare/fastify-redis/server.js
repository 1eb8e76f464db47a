// Sessions of @fastify/session in Redis by connect-redis. Making one looks its user up, as the others do.
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import { RedisStore } from "connect-redis";
import fastify from "fastify";
import { createClient } from "redis";

const redis = createClient({ socket: { host: "127.0.0.1", port: Number(process.env.REDIS_PORT) } });
await redis.connect();

const app = fastify();
await app.register(fastifyCookie);
await app.register(fastifySession, {
  secret: process.env.SECRET,
  store: new RedisStore({ client: redis, prefix: "session:" }),
  cookie: { secure: false, maxAge: 7 * 24 * 3600 * 1000 },
  saveUninitialized: false,
  // Its default writes the session and sets its cookie with every request; without it a read only reads.
  rolling: false,
});

app.put("/users/:id", async (request) => {
  await redis.hSet(`user:${request.params.id}`, request.body);
  return { id: request.params.id };
});

app.post("/sessions", async (request, reply) => {
  const user = await redis.hGetAll(`user:${request.body.userId}`);
  if (!user.email) {
    return reply.code(404).send({ error: "no such user" });
  }
  request.session.user = { id: request.body.userId, email: user.email, checkedAt: Date.now() };
  return reply.code(201).send({ user: request.session.user });
});

app.get("/session", async (request, reply) => {
  if (!request.session.user) {
    return reply.code(401).send({ error: "no session" });
  }
  return { user: request.session.user };
});

app.delete("/session", async (request, reply) => {
  if (!request.session.user) {
    return reply.code(401).send({ error: "no session" });
  }
  await request.session.destroy();
  return reply.code(204).send();
});

await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });

process.on("SIGTERM", async () => {
  app.server.closeAllConnections();
  await app.close();
  await redis.close();
  process.exit(0);
});
