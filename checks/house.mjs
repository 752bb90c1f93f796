// A publisher's house for checks that go through the whole program: a folder, a Postfix, a news site, a server, and a
// browser that is used by keyboard alone, without a script; axe looks at every page in light and dark.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createServer as listen } from "node:net";
import { join } from "node:path";

import { open, ROOT } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const COURANT = join(ROOT, "target/debug/courant");

export function freePort() {
  return new Promise((resolve) => {
    const probe = listen().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what, ask) {
  for (let tries = 0; tries < 300; tries += 1) {
    const found = await ask();
    if (found) return found;
    await pause(100);
  }
  throw new Error(`${what}: it never happened`);
}

export function check(what, found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  }
}

/** The words of a message's text part; ours is quoted-printable. */
export function text(mail) {
  const part = mail.split(/^Content-Type: text\/plain/im)[1].split(/\r?\n\r?\n/).slice(1).join("\n\n");
  const whole = part.replace(/=\r?\n/g, "");
  return whole.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

export const title = (page) => page.textContent("h1");

/** Goes from element to element with Tab until one fits, and says where that is. */
export async function tabTo(page, selector, most = 60) {
  for (let presses = 0; presses < most; presses += 1) {
    const there = await page.evaluate((it) => document.activeElement?.matches(it) ?? false, selector);
    if (there) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to ${selector} on ${page.url()}`);
}

export async function press(page, selector, key = "Enter", most = 60) {
  await tabTo(page, selector, most);
  const loaded = key === "Enter" ? page.waitForNavigation() : null;
  await page.keyboard.press(key);
  await loaded;
}

/** The news site, where clicks end; a story at /gone is gone. */
export function newsSite(port) {
  const site = createServer((request, response) => {
    response.statusCode = request.url === "/gone" ? 404 : 200;
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>The story</title><h1>The story</h1>");
  });
  return site.listen(port, "127.0.0.1");
}

const postfix = (...args) =>
  execFileSync(join(ROOT, "checks/postfix"), args, { stdio: ["ignore", "ignore", "inherit"] });

export class House {
  constructor(name, widths, pictures) {
    this.folder = mkdtempSync(`/tmp/courant-${name}.`);
    // Postfix goes in as somebody else.
    chmodSync(this.folder, 0o755);
    this.widths = widths;
    this.pictures = pictures;
    this.pages = 0;
    this.shot = 0;
  }

  courant(...args) {
    const how = { cwd: this.folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
    return execFileSync(COURANT, args, how);
  }

  told(input, ...args) {
    return execFileSync(COURANT, args, { cwd: this.folder, encoding: "utf8", input });
  }

  post(smtp) {
    mkdirSync(join(this.folder, "post"));
    this.posting = true;
    postfix("start", join(this.folder, "post"), String(smtp));
  }

  async serve(base) {
    this.server = spawn(COURANT, ["serve"], { cwd: this.folder, stdio: ["ignore", "ignore", "inherit"] });
    await until("the server", () => fetch(`${base}/readyz`).then((it) => it.ok, () => false));
  }

  /** A window as people have it: without a screen it calls itself "HeadlessChrome", and that is a robot. */
  async window(width) {
    this.browser ??= await open();
    const context = await this.browser.newContext({
      viewport: { width, height: 700 },
      javaScriptEnabled: false,
      userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    return page;
  }

  /** The mail with these words in its subject and without others, once it is there. */
  mail(subject, without = "\n") {
    const inbox = join(this.folder, "post/mail/inbox/new");
    return until(`a mail "${subject}"`, () => {
      let files = [];
      try {
        files = readdirSync(inbox);
      } catch {
        // The mailbox is made with its first message.
      }
      return files
        .map((file) => readFileSync(join(inbox, file), "latin1"))
        .find((one) => {
          const said = one.match(/^Subject: .*/m)?.[0] ?? "";
          return said.includes(subject) && !said.includes(without);
        });
    });
  }

  /** Axe is a script, and our pages go without: it looks at the same markup in a window of its own. */
  async accessible(page, what) {
    this.judge ??= await (await this.browser.newContext()).newPage();
    const { judge } = this;
    judge.setDefaultTimeout(20_000);
    await judge.setContent(await page.content());
    for (const width of this.widths) {
      await judge.setViewportSize({ width, height: 1000 });
      for (const colorScheme of ["light", "dark"]) {
        await judge.emulateMedia({ colorScheme });
        await judge.evaluate(AXE);
        const { violations } = await judge.evaluate(() => axe.run());
        const found = violations.map(({ id, nodes }) => `${id} at ${nodes[0].target.join(" ")}`);
        check(`axe on "${what}", ${colorScheme}, ${width} px`, found, []);
        if (this.pictures) {
          this.shot += 1;
          const name = `${String(this.shot).padStart(2, "0")}-${what}-${width}-${colorScheme}.png`;
          await judge.screenshot({ path: join(this.pictures, name), fullPage: true });
        }
      }
      const wide = await judge.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) {
        const out = await judge.evaluate((most) => {
          const all = [...document.querySelectorAll("main *")];
          const far = all.filter((it) => it.getBoundingClientRect().right > most && !it.closest(".wide *"));
          return far.slice(0, 3).map((it) => it.outerHTML.slice(0, 120));
        }, width);
        throw new Error(`"${what}" is ${wide} px wide at ${width}: ${out.join(" | ")}`);
      }
    }
    this.pages += 1;
  }

  async close() {
    await this.browser?.close();
    if (this.server) {
      this.server.kill("SIGTERM");
      await new Promise((resolve) => this.server.once("exit", resolve));
    }
    if (this.posting) postfix("stop", join(this.folder, "post"));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
