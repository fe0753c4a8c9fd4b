// Is the sandbox's README true? Its examples are run as they stand, in the language they are written in, each on
// a sandbox that has just been started; only the address is another one, because the port is. A code block
// whose first line names a file, such as ```python order_alipay.py, is such an example.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { DAY_MS, root, startSandbox } from "./stage.mjs";

const ADDRESS = "http://127.0.0.1:8790";
const readme = readFileSync(join(root, "sandbox/README.md"), "utf8");
const examples = new Map(
  [...readme.matchAll(/^```(\w+) (\S+)\n(.*?)^```$/gms)].map(([, language, name, text]) => [
    name,
    { language, text },
  ]),
);

/** What runs each language. Python is the one with the packages of requirements.txt. */
const RUNNERS = {
  js: process.execPath,
  python: process.env.PYTHON ?? "target/tools/python/bin/python",
  sh: "sh",
};

/** Each order, and what its gateway calls paid. */
const ORDERS = {
  "order-alipay.mjs": ["alipay", "TRADE_SUCCESS"],
  "order-wechat-pay.mjs": ["wechat_pay", "SUCCESS"],
  "order-stripe.mjs": ["stripe", "paid"],
  "order_alipay.py": ["alipay", "TRADE_SUCCESS"],
  "order_wechat_pay.py": ["wechat_pay", "SUCCESS"],
  "order_stripe.py": ["stripe", "paid"],
};

let sandbox;
let folder;
before(async () => {
  sandbox = await startSandbox();
  // Below the root, so that Node finds the packages.
  mkdirSync(join(root, "target"), { recursive: true });
  folder = mkdtempSync(join(root, "target", "readme-"));
});
after(async () => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  await sandbox?.close();
});

/** Runs an example to its end; what it printed, line by line. */
async function run(name) {
  const { language, text } = examples.get(name);
  assert.ok(text.includes(ADDRESS), `${name} says where the sandbox is`);
  const file = join(folder, name);
  writeFileSync(file, text.replaceAll(ADDRESS, sandbox.url));
  const running = promisify(execFile)(RUNNERS[language], [file], { cwd: root, timeout: 60_000 });
  const { stdout } = await running.catch(({ stderr }) =>
    assert.fail(`${name} failed: ${stderr.slice(0, 2_000)}`),
  );
  return stdout.trimEnd().split("\n");
}

const get = async (path) => (await fetch(sandbox.url + path)).json();

test("every example is known to this test", () => {
  const known = [...Object.keys(ORDERS), "callbacks.mjs", "faults.sh", "clock.sh"];
  assert.deepEqual([...examples.keys()].sort(), known.sort());
});

describe("an order is created and paid by", () => {
  for (const [name, [gateway, paid]] of Object.entries(ORDERS)) {
    test(name, async () => {
      const { payments: before } = await get("/sandbox/payments.json");
      const printed = await run(name);
      assert.equal(printed.at(-1), paid);
      const { payments } = await get("/sandbox/payments.json");
      const known = new Set(before.map(({ cashier_url }) => cashier_url));
      const made = payments.filter(({ cashier_url }) => !known.has(cashier_url));
      assert.deepEqual(
        made.map(({ gateway, amount_minor, paid_at_ms }) => [gateway, amount_minor, Boolean(paid_at_ms)]),
        [[gateway, 9_900, true]],
        "the sandbox has one payment more, and it is paid",
      );
      assert.ok(printed[0].endsWith(made[0].cashier_url), "the address it printed is the cashier's");
    });
  }
});

test("callbacks.mjs receives and verifies one callback of each gateway", async () => {
  const printed = await run("callbacks.mjs");
  assert.deepEqual(printed.sort(), [
    "/alipay TRADE_SUCCESS 99.00",
    "/stripe paid 9900",
    "/wechat SUCCESS 9900",
  ]);
});

test("faults.sh puts two faults in force and takes them back", async () => {
  const printed = (await run("faults.sh")).join("");
  for (const fault of ["callback_lost", "timeout_after_effect"])
    assert.ok(printed.includes(`"${fault}"`), printed);
  assert.deepEqual((await get("/sandbox/faults")).faults, []);
});

test("every fault of the table is one, and every one is in the table", async () => {
  const [, section] = readme.match(/^## Faults$(.*?)^## /ms);
  const named = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, names]) => [
    ...names.matchAll(/`(\w+)`/g),
  ]);
  for (const [, fault] of named) {
    const rule = fault === "clock_skew" ? { fault, by_ms: 1 } : { fault };
    const response = await fetch(`${sandbox.url}/sandbox/faults`, {
      method: "POST",
      body: JSON.stringify(rule),
    });
    assert.equal(response.status, 201, `${fault}: ${await response.text()}`);
  }
  const unknown = await fetch(`${sandbox.url}/sandbox/faults`, {
    method: "POST",
    body: '{"fault":"none_such"}',
  });
  const known = [...(await unknown.text()).matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const missing = known.filter((name) => name !== "none_such" && !named.some(([, fault]) => fault === name));
  assert.deepEqual(missing, [], "the refusal of an unknown fault lists the known ones");
  await fetch(`${sandbox.url}/sandbox/faults`, { method: "DELETE" });
});

test("clock.sh moves business time by a day", async () => {
  const { offset_ms: before } = await get("/sandbox/clock");
  await run("clock.sh");
  assert.equal((await get("/sandbox/clock")).offset_ms, before + DAY_MS);
});

test("the settings that the table names are in config.json", async () => {
  const config = await get("/sandbox/config.json");
  const [, section] = readme.match(/^### Any other language$(.*?)^## /ms);
  const named = [...section.matchAll(/`((?:alipay|wechat_pay|stripe)\.\w+)`/g)].map(([, name]) => name);
  assert.ok(named.length > 15, "the table names settings");
  for (const name of named) {
    const [gateway, setting] = name.split(".");
    assert.ok(config[gateway][setting], `${name} is there`);
  }
});

test("the versions it says to install are those that run here", () => {
  const said = (pattern) =>
    Object.fromEntries(
      [...readme.match(pattern)[1].matchAll(/(\S+?)(?:@|==)(\S+)/g)].map(([, name, version]) => [
        name,
        version,
      ]),
    );
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  assert.deepEqual(said(/^npm install (.*)$/m), devDependencies);
  const pinned = readFileSync(join(root, "tests/interop/requirements.txt"), "utf8").split("\n");
  for (const [name, version] of Object.entries(said(/^pip install (.*)$/m))) {
    assert.ok(pinned.includes(`${name}==${version}`), `${name} ${version}`);
  }
});
