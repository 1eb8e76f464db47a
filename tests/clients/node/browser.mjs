// The same journey in a real browser, from a page of another origin: what is tested beside the
// protocols is CORS. Chromium is told to show a page and nothing else; the page sends home what
// happened.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { admin, api, login } from "./surroundings.mjs";

const PATIENCE_MS = 120_000;
const HERE = dirname(fileURLToPath(import.meta.url));

/** What only node has, and what stands for it in a page. */
const INSTEAD = {
  "node:assert/strict": "page/assert.mjs",
  "node:util": "page/util.mjs",
  "./surroundings.mjs": "page/surroundings.mjs",
  "../surroundings.mjs": "page/surroundings.mjs",
};

const bundle = await build({
  entryPoints: [join(HERE, "page/main.mjs")],
  bundle: true,
  format: "esm",
  write: false,
  plugins: [
    {
      name: "instead",
      setup(building) {
        const names = Object.keys(INSTEAD).map((name) => name.replaceAll(".", "\\."));
        building.onResolve({ filter: new RegExp(`^(${names.join("|")})$`) }, ({ path }) => ({
          path: join(HERE, INSTEAD[path]),
        }));
      },
    },
  ],
});
const given = JSON.stringify({ api, admin, login });
const page = `<!doctype html><title>journey</title><script>window.given = ${given}</script><script type="module" src="main.js"></script>`;

const profile = mkdtempSync(join(tmpdir(), "browser-"));
let browser;
let said = "";
let told = false;
let end;
const ended = new Promise((resolve) => (end = resolve));

const home = createServer((request, answer) => {
  if (request.method === "POST") {
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      answer.end();
      console.log(body);
      if (request.url === "/end") {
        told = true;
        end(body === "");
      }
    });
  } else if (request.url === "/main.js") {
    answer.setHeader("Content-Type", "text/javascript").end(bundle.outputFiles[0].text);
  } else {
    answer.setHeader("Content-Type", "text/html").end(page);
  }
});

home.listen(0, "127.0.0.1", () => {
  const url = `http://127.0.0.1:${home.address().port}/`;
  browser = spawn(
    "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Whatever else it would like to look up.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      `--user-data-dir=${profile}`,
      "--remote-debugging-port=0",
      url,
    ],
    // A group of its own, so that all of its processes can be ended.
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  browser.on("error", (error) => {
    said += `${error}: the Debian package chromium has it\n`;
    end(false);
  });
  browser.stderr.on("data", (data) => (said += data));
  browser.on("exit", () => end(false));
});

const late = setTimeout(() => end(false), PATIENCE_MS);
const good = await ended;
clearTimeout(late);
if (browser?.pid !== undefined && browser.exitCode === null) {
  const gone = new Promise((resolve) => browser.on("exit", resolve));
  process.kill(-browser.pid, "SIGKILL");
  await gone;
}
home.close();
home.closeAllConnections();
rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
if (!good) {
  // The browser complains about much; it matters only if the page did not get to its end.
  console.error(told ? "" : said);
  process.exit(1);
}
