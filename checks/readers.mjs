// A reader's whole way, as a reader goes it: in a browser 375 px wide, by keyboard alone, without a script,
// with mail that a Postfix puts into a mailbox. From the sign-up form to the way back after leaving; axe
// looks at every page in light and dark.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createServer as listen } from "node:net";
import { join } from "node:path";

import { open, ROOT } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const COURANT = join(ROOT, "target/debug/courant");
const ADDRESS = "ida@readers.example";
const PICTURES = process.argv[2];

const folder = mkdtempSync("/tmp/courant-readers.");
// Postfix goes in as somebody else.
chmodSync(folder, 0o755);
const [web, smtp, site] = [await freePort(), await freePort(), await freePort()];
const base = `http://127.0.0.1:${web}`;

function freePort() {
  return new Promise((resolve) => {
    const probe = listen().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, ask) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await ask();
    if (found) return found;
    await pause(100);
  }
  throw new Error(`${what}: it never happened`);
}

function courant(...args) {
  return execFileSync(COURANT, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function check(what, found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

const held = () => JSON.parse(courant("subscribers", "show", ADDRESS, "--json"));
const status = () => held().subscriber.status;

// The words of a message's text part; ours is quoted-printable.
function text(mail) {
  const part = mail.split(/^Content-Type: text\/plain/im)[1].split(/\r?\n\r?\n/).slice(1).join("\n\n");
  const whole = part.replace(/=\r?\n/g, "");
  return whole.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

async function mail(subject) {
  const inbox = join(folder, "post/mail/inbox/new");
  return until(`a mail "${subject}"`, () => {
    let files = [];
    try {
      files = readdirSync(inbox);
    } catch {
      // The mailbox is made with its first message.
    }
    return files
      .map((file) => readFileSync(join(inbox, file), "latin1"))
      .find((one) => one.match(/^Subject: .*/m)?.[0].includes(subject));
  });
}

const link = (message, letter) => text(message).match(new RegExp(`${base}/${letter}/[\\w-]+`))[0];

// The news site, where clicks end.
const news = createServer((_, response) => {
  response.setHeader("content-type", "text/html");
  response.end("<!doctype html><title>The story</title><h1>The story</h1>");
}).listen(site, "127.0.0.1");

let server;
let browser;
let judge;
let pages = 0;
let shot = 0;

// Axe is a script, and readers' pages go without: it looks at the same markup in a window of its own.
async function accessible(page, what) {
  await judge.setContent(await page.content());
  for (const colorScheme of ["light", "dark"]) {
    await judge.emulateMedia({ colorScheme });
    await judge.evaluate(AXE);
    const { violations } = await judge.evaluate(() => axe.run());
    const found = violations.map(({ id, nodes }) => `${id} at ${nodes[0].target.join(" ")}`);
    check(`axe on "${what}", ${colorScheme}`, found, []);
    if (PICTURES) {
      shot += 1;
      const name = `${String(shot).padStart(2, "0")}-${what}-${colorScheme}.png`;
      await judge.screenshot({ path: join(PICTURES, name), fullPage: true });
    }
  }
  const wide = await judge.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 375) throw new Error(`"${what}" is ${wide} px wide`);
  pages += 1;
}

/** Goes from element to element with Tab until one fits, and says where that is. */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses += 1) {
    const there = await page.evaluate((it) => document.activeElement?.matches(it) ?? false, selector);
    if (there) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${selector} on ${page.url()}`);
}

async function press(page, selector, key = "Enter") {
  await tabTo(page, selector);
  const loaded = key === "Enter" ? page.waitForNavigation() : null;
  await page.keyboard.press(key);
  await loaded;
}

const title = (page) => page.textContent("h1");

const postfix = (...args) =>
  execFileSync(join(ROOT, "checks/postfix"), args, { stdio: ["ignore", "ignore", "inherit"] });

try {
  mkdirSync(join(folder, "post"));
  postfix("start", join(folder, "post"), String(smtp));
  const hour = (ago) => new Date(Date.now() - ago * 3600e3).toISOString();
  const stories = Array.from({ length: 6 }, (_, n) => ({
    id: `s${n}`,
    title: `The ferry leaves at ${n + 1}, says the harbour`,
    url: `http://127.0.0.1:${site}/story-${n}`,
    summary: "It did not last summer.",
    category: n % 2 ? "Harbour" : "Field",
    published: hour(n + 1),
  }));
  writeFileSync(join(folder, "news.jsonl"), stories.map((one) => `${JSON.stringify(one)}\n`).join(""));
  writeFileSync(
    join(folder, "digest.toml"),
    `[publication]
name = "Tarn Post"
home_url = "https://www.tarn.example/"
postal_address = "Tarn Post, 1 Quay, Tarn"
[[source]]
name = "news"
file = "news.jsonl"
format = "jsonl"
home_url = "https://www.tarn.example/"
[[digest]]
name = "daily"
title = "Morning Letter"
at = "00:00"
[[digest]]
name = "weekly"
title = "Sunday Letter"
every = "week"
on = ["sunday"]
at = "09:00"
[[category]]
name = "Harbour"
[[category]]
name = "Field"
[links]
base_url = "${base}"
[server]
listen = "127.0.0.1:${web}"
[delivery]
from = "Tarn Post <digest@tarn.example>"
[delivery.smtp]
host = "127.0.0.1"
port = ${smtp}
tls = "none"
`,
  );
  courant("init", "--quiet");
  server = spawn(COURANT, ["serve"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  await until("the server", () => fetch(`${base}/readyz`).then((it) => it.ok, () => false));

  browser = await open();
  const context = await browser.newContext({
    viewport: { width: 375, height: 700 },
    javaScriptEnabled: false,
    // As people have it: without a screen it calls itself "HeadlessChrome", and that is a robot.
    userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  judge = await (await browser.newContext({ viewport: { width: 375, height: 700 } })).newPage();
  judge.setDefaultTimeout(20_000);

  await page.goto(`${base}/subscribe`);
  await accessible(page, "sign-up");
  await tabTo(page, "#email");
  await page.keyboard.type("ida@");
  await pause(2100);
  // The browser itself says what is wrong with that, and the server says it to those whose browser does not.
  await page.keyboard.type("readers.example");
  await tabTo(page, "#name");
  await page.keyboard.type("Ida");
  await press(page, "input[value=weekly]", "Space");
  await press(page, "input[name=everything]", "Space");
  await press(page, "input[value=Harbour]", "Space");
  await press(page, "button.main");
  check("after the form", new URL(page.url()).pathname, "/subscribe/sent");
  await accessible(page, "check-your-inbox");
  check("before the button", status(), "pending");

  await page.goto(link(await mail("confirm"), "y"));
  await accessible(page, "confirm");
  check("opening the link", status(), "pending");
  await press(page, "button.main");
  await accessible(page, "welcome");
  check("the button", status(), "active");
  const chosen = held().preferences;
  check("digests chosen", chosen.digests, { only: ["daily"] });
  check("topics chosen", chosen.topics, { only: ["Harbour"] });
  await mail("Welcome");

  const [ran] = courant("run", "daily", "--json").trim().split("\n").slice(-1).map((line) => JSON.parse(line));
  check("the edition", ran.accepted ?? ran.sent, 1);
  const digest = await mail("ferry");
  check("stories of Harbour", (text(digest).match(/The ferry leaves at \d/g) ?? []).length >= 3, true);
  check("stories of Field", text(digest).includes("leaves at 1,"), false);
  // Sooner than ten seconds after the mail left nobody is a reader.
  await pause(11_000);
  await page.goto(link(digest, "v"));
  await accessible(page, "in-the-browser");
  await tabTo(page, `a[href^="${base}/c/"]`);
  await press(page, `a[href^="${base}/c/"]`);
  check("a story", await title(page), "The story");
  const report = await until("the click", () => {
    const found = JSON.parse(courant("report", "--format", "json"));
    return found.articles.some((article) => article.readers > 0) && found;
  });
  check("one reader", report.articles.map((it) => it.readers).reduce((a, b) => a + b), 1);

  await page.goto(link(digest, "p"));
  await accessible(page, "preferences");
  await press(page, "input[name=text_only]", "Space");
  await tabTo(page, "#zone");
  await page.keyboard.type("Europe/Ber");
  await press(page, "button.main");
  await accessible(page, "saved");
  check("plain text", held().preferences.format, "text");
  check("the zone", held().preferences.time_zone, "Europe/Berlin");
  check("topics kept", held().preferences.topics, { only: ["Harbour"] });

  await page.goto(link(digest, "u"));
  await accessible(page, "leave");
  check("opening the link to leave", status(), "active");
  await press(page, "button.main");
  await accessible(page, "left");
  check("the button to leave", status(), "unsubscribed");
  await press(page, "button");
  await accessible(page, "back");
  check("the way back", status(), "active");

  await page.goto(`${base}/archive`);
  await accessible(page, "archive");
  await page.goto(`${base}/u/${"A".repeat(32)}`);
  await accessible(page, "lost");
  console.log(`readers: from sign-up to the way back by keyboard, ${pages} pages, axe in light and dark`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  news.close();
  if (server) {
    server.kill("SIGTERM");
    await new Promise((resolve) => server.once("exit", resolve));
  }
  postfix("stop", join(folder, "post"));
  rmSync(folder, { recursive: true, force: true });
}
