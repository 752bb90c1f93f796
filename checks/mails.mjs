// Looks at every golden mail and page, and at the messages of `target/tmp/mails`, the way their readers'
// programs will: two validators, the support tables of mail programs, and a browser in fifteen ways.
// Prints what is wrong; exits 1 if anything is.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

import { HtmlValidate, StaticConfigLoader } from "html-validate";

import { LOOKS, ROOT, open, openWindow } from "./browser.mjs";
import { clientNames } from "./node_modules/caniemail/dist/clients.js";
import { getFeatures } from "./node_modules/caniemail/dist/features.js";
import { caniemail } from "./node_modules/caniemail/dist/index.js";

const GOLDEN = join(ROOT, "templates/tests/golden");
const SENT = join(ROOT, "target/tmp/mails");
const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const ALLOWED = JSON.parse(readFileSync(new URL("./allowed.json", import.meta.url), "utf8"));

const LEAST_TEXT = 13;
const LEAST_BUTTON = 44;

let failures = 0;
function fail(file, what) {
  failures += 1;
  console.error(`${basename(file)}: ${what}`);
}

const files = [GOLDEN, SENT].flatMap((folder) => {
  const found = readdirSync(folder).filter((name) => name.endsWith(".html"));
  if (found.length === 0) throw new Error(`nothing to look at in ${folder}`);
  return found.map((name) => join(folder, name));
});
const documents = files.map((file) => {
  const html = readFileSync(file, "utf8");
  return { file, html, isMail: html.includes('role="presentation"') };
});
const mails = documents.filter((it) => it.isMail);

/** The Nu validator, on everything. */
function vnu() {
  const jar = join(ROOT, "checks/node_modules/vnu-jar/build/dist/vnu.jar");
  const args = ["-jar", jar, "--errors-only", "--stdout", "--format", "json", "--exit-zero-always"];
  const answer = execFileSync("java", [...args, ...files], { encoding: "utf8", maxBuffer: 1 << 26 });
  for (const { url, lastLine, message } of JSON.parse(answer).messages) {
    fail(url, `vnu, line ${lastLine}: ${message}`);
  }
  console.log(`vnu: ${files.length} documents`);
}

/** html-validate, with the rules that a mail has to break by trade switched off. */
async function htmlValidate() {
  const mail = {
    root: true,
    extends: ["html-validate:recommended"],
    rules: {
      "no-inline-style": "off", // programs that drop style blocks
      "no-deprecated-attr": "off", // align, bgcolor and valign are what Word reads
      "no-conditional-comment": "off", // Word reads nothing else
      "prefer-tbody": "off", // bytes: Gmail clips at 102 KB
      "prefer-native-element": "off", // lists of tables say what they are by role
      "long-title": "off", // nobody searches for a mail by its title
    },
  };
  const page = {
    root: true,
    extends: ["html-validate:recommended"],
    rules: { "form-dup-name": ["error", { shared: ["checkbox"] }] },
  };
  for (const { file, html, isMail } of documents) {
    const validator = new HtmlValidate(new StaticConfigLoader(isMail ? mail : page));
    const report = await validator.validateString(html, file);
    for (const { messages } of report.results) {
      for (const { line, ruleId, message } of messages) {
        fail(file, `html-validate, line ${line}: ${message} (${ruleId})`);
      }
    }
  }
  console.log(`html-validate: ${documents.length} documents`);
}

/** What mail programs do not support, by the tables of caniemail.com. */
function support() {
  // The library throws where its tables know nothing of a program: unknown is not unsupported.
  for (const feature of getFeatures().all.values()) {
    for (const client of clientNames) {
      const [family, platform] = client.split(".");
      feature.stats[family] ??= {};
      feature.stats[family][platform] ??= { 0: "u" };
    }
  }
  const used = new Set();
  for (const { file, html } of mails) {
    const unsupported = new Map();
    for (const [client, issues] of caniemail({ clients: ["*"], html }).issues.errors) {
      for (const { title } of [issues].flat()) {
        if (!unsupported.has(title)) unsupported.set(title, new Set());
        unsupported.get(title).add(client);
      }
    }
    for (const [title, clients] of unsupported) {
      used.add(title);
      if (!ALLOWED[title]) fail(file, `not supported by ${[...clients].join(", ")}: ${title}`);
    }
  }
  console.log(`caniemail: ${mails.length} mails, ${used.size} features some program lacks, each with a reason`);
}

/** Everything a browser can measure, in one page. */
function measure([leastText, leastButton]) {
  const problems = [];
  const root = document.documentElement;
  // What is folded away is measured, too.
  for (const details of document.querySelectorAll("details")) details.open = true;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")]
      .filter((it) => it.getBoundingClientRect().right > root.clientWidth + 0.5)
      .map((it) => `${it.tagName.toLowerCase()}.${it.className}`);
    problems.push(`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth} px, ${wide.slice(-1)}`);
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const small = new Set();
  while (walker.nextNode()) {
    const text = walker.currentNode.data.replace(/[\s\u00a0]/g, "");
    if (text === "") continue;
    const size = parseFloat(getComputedStyle(walker.currentNode.parentElement).fontSize);
    if (size < leastText) small.add(`${size} px: ${text.slice(0, 30)}`);
  }
  for (const text of small) problems.push(`text of ${text}`);
  for (const button of document.querySelectorAll("a.btl, button, a.main")) {
    const { height } = button.getBoundingClientRect();
    if (height < leastButton) problems.push(`a button of ${height} px: ${button.textContent}`);
  }
  for (const link of document.querySelectorAll("a")) {
    const inline = getComputedStyle(link).display === "inline";
    const { height } = link.getBoundingClientRect();
    if (!inline && height > 0 && height < 24) problems.push(`a target of ${height} px: ${link.textContent}`);
  }
  return problems;
}

async function browse() {
  const browser = await open();
  let renders = 0;
  for (const how of LOOKS) {
    const window = await openWindow(browser, how);
    for (const { file, html, isMail } of documents) {
      if (!isMail && (how.style === false || how.inverted || how.images === false)) continue;
      const page = await window.show(html);
      renders += 1;
      for (const problem of await page.evaluate(measure, [LEAST_TEXT, LEAST_BUTTON])) {
        fail(file, `${how.name}: ${problem}`);
      }
      if (how.name === "600-light" || how.name === "375-dark") {
        await accessibility(page, file, how, isMail);
      }
    }
    await window.close();
  }
  await browser.close();
  console.log(`browser: ${renders} renders, axe in light and dark`);
}

// What a mail program provides around a mail, and a mail therefore lacks.
const PROVIDED = ["region", "landmark-one-main", "page-has-heading-one"];

async function accessibility(page, file, how, isMail) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run());
  for (const { id, nodes } of violations) {
    if (isMail && PROVIDED.includes(id)) continue;
    const where = nodes.map((node) => node.target.join(" ")).slice(0, 3);
    fail(file, `${how.name}: axe ${id}: ${where.join(" | ")}`);
  }
}

if (!existsSync(SENT)) throw new Error("cargo test writes the messages: run it first");
vnu();
await htmlValidate();
support();
await browse();
if (failures > 0) {
  console.error(`${failures} failures`);
  process.exit(1);
}
