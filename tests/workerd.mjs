// Runs the built Worker on workerd for one test, with a D1 of its own that is gone afterwards, unless a folder is
// named to keep it in.
//
// Bindings come from wrangler.toml, so a test meets what is deployed; only variables are the caller's.
// One JSON value a line, one answer a line, in order:
//
//   in   {"variables":{"NAME":"value"},"port":0}       first line; port 0 or absent: any free one;
//                                                      "build" names another folder of edge-worker/,
//                                                      "folder" keeps D1 for the next start
//   out  {"url":"http://127.0.0.1:41234"}              migrations are applied, the Worker answers
//   in   {"scheduled":"* * * * *"}                     fire the cron handler and wait for it
//   out  {"outcome":"ok"}
//   in   {"sql":"SELECT ?1 AS n","params":[1]}         one statement on the Worker's D1
//   out  {"rows":[{"n":1}],"changes":0}
//   out  {"error":"D1_ERROR: …"}                       instead of an answer; the line protocol goes on
//
// PUBLIC_URL is this Worker's URL unless given. What the Worker logs goes to stderr.
// Closing stdin ends it all; so does the death of whoever held the other end.

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const { unstable_getMiniflareWorkerOptions, unstable_splitSqlQuery } = require("wrangler");
// The very Miniflare, and so the very workerd, that the pinned wrangler uses.
const { Log, LogLevel, Miniflare, convertV4MiniflareOptions } = createRequire(
  require.resolve("wrangler"),
)("miniflare");

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const failure = (error) => ({ error: error instanceof Error ? error.message : String(error) });

/** A port nobody listens on. Another process can still take it first; Miniflare then says so. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Everything Miniflare logs goes to stderr: stdout carries the protocol and nothing else. */
class StderrLog extends Log {
  log(message) {
    process.stderr.write(`${message}\n`);
  }
}

async function start({ variables = {}, port = 0, build: built = "build", folder }) {
  const ownPort = port || (await freePort());
  const url = `http://127.0.0.1:${ownPort}`;
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(root, "wrangler.toml"));
  // Which files are modules is said below, by name.
  delete workerOptions.modulesRules;
  const build = join(root, "edge-worker", built);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      ...workerOptions,
      name: "coursepay",
      modules: [
        { type: "ESModule", path: join(build, "index.js") },
        { type: "CompiledWasm", path: join(build, "index_bg.wasm") },
      ],
      modulesRoot: build,
      bindings: { ...workerOptions.bindings, PUBLIC_URL: url, ...variables },
      host: "127.0.0.1",
      port: ownPort,
      resourcePersistencePath: folder,
      cf: false,
      log: new StderrLog(LogLevel.WARN),
      handleStructuredLogs: ({ message }) => process.stderr.write(`${message}\n`),
    }),
  );
  await miniflare.ready;
  endOnSignals();
  const database = await miniflare.getD1Database("DB");
  await migrate(database, join(root, "edge-worker", "migrations"));
  return { miniflare, database, url };
}

/**
 * Applies every migration that a kept database has not had, in order of its name, split into statements exactly as
 * wrangler splits it, and noted where wrangler notes it.
 */
async function migrate(database, folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  await database.exec("CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT PRIMARY KEY)");
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const had = new Set(results.map(({ name }) => name));
  for (const name of names.filter((name) => !had.has(name))) {
    const statements = unstable_splitSqlQuery(await readFile(join(folder, name), "utf8"));
    const note = database.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(name);
    try {
      await database.batch([...statements.map((sql) => database.prepare(sql)), note]);
    } catch (error) {
      throw new Error(`migration ${name}: ${error.message}`, { cause: error });
    }
  }
}

async function obey({ miniflare, database }, command) {
  if (typeof command.scheduled === "string") {
    const worker = await miniflare.getWorker();
    const { outcome } = await worker.scheduled({ cron: command.scheduled });
    return { outcome };
  }
  if (typeof command.sql === "string") {
    const statement = database.prepare(command.sql).bind(...(command.params ?? []));
    const { results, meta } = await statement.all();
    return { rows: results, changes: meta.changes };
  }
  return { error: 'expected {"scheduled":cron} or {"sql":text,"params":[…]}' };
}

let world;
let ending = false;

async function end(code) {
  if (ending) return;
  ending = true;
  await world?.miniflare.dispose();
  process.exit(code);
}


/** Replaces Miniflare's own handlers, which report an asked-for end as a failure. */
function endOnSignals() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.removeAllListeners(signal);
    process.on(signal, () => end(0));
  }
}

// Nobody is left to answer to.
process.stdout.on("error", () => end(0));

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  if (!world) {
    try {
      world = await start(JSON.parse(line));
    } catch (error) {
      answer(failure(error));
      await end(1);
    }
    answer({ url: world.url });
    continue;
  }
  try {
    answer(await obey(world, JSON.parse(line)));
  } catch (error) {
    answer(failure(error));
  }
}
await end(0);
