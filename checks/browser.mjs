// One headless Chromium for everything that has to look at a mail, and the ways a mail is looked at.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const PICTURES = join(ROOT, "src/demo/pictures");

// Drawn stand-ins for the pictures of the invented papers; "gone" is missing on purpose.
const STAND_INS = {
  beaver: "dam.jpg",
  "cable-car": "cable-car.jpg",
  choir: "night-train.jpg",
  mast: "lake-buoy.jpg",
  mill: "bell-tower.jpg",
  moss: "pears.jpg",
  stove: "card-table.jpg",
  treeline: "card-towpath.jpg",
};

export function chromiumPath() {
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser"]) {
    if (existsSync(path)) return path;
  }
  throw new Error("Chromium is missing: apt-get install chromium");
}

/** Starts the browser. It reaches no network: every request is answered here. */
export async function open() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--font-render-hinting=none",
    ],
  });
}

/**
 * The ways every mail is looked at: width, colour scheme, and what its mail program does to it.
 * "inverted" is a program that turns colours round without asking and leaves pictures alone.
 */
export const LOOKS = [
  { name: "900-light", width: 900, scheme: "light" },
  { name: "600-light", width: 600, scheme: "light" },
  { name: "600-dark", width: 600, scheme: "dark" },
  { name: "600-images-off", width: 600, scheme: "light", images: false },
  { name: "600-no-style", width: 600, scheme: "light", style: false },
  { name: "375-light", width: 375, scheme: "light" },
  { name: "375-dark", width: 375, scheme: "dark" },
  { name: "375-inverted", width: 375, scheme: "light", inverted: true },
  { name: "375-images-off", width: 375, scheme: "light", images: false },
  { name: "375-images-off-dark", width: 375, scheme: "dark", images: false },
  { name: "375-no-style", width: 375, scheme: "light", style: false },
  { name: "375-large-text", width: 375, scheme: "light", zoom: 1.5 },
  { name: "320-light", width: 320, scheme: "light" },
  { name: "320-dark", width: 320, scheme: "dark" },
  { name: "320-no-style", width: 320, scheme: "light", style: false },
];

/** Opens one document in one way; the caller closes the page. */
export async function look(browser, html, how) {
  const context = await browser.newContext({
    viewport: { width: how.width, height: 800 },
    colorScheme: how.scheme,
    deviceScaleFactor: how.scale ?? 1,
    // A mail runs no script; neither may one that slipped in. Checks use their own.
    javaScriptEnabled: how.script ?? true,
  });
  const page = await context.newPage();
  await page.route("**/*", (route) => answer(route, how));
  let text = html;
  if (how.style === false) text = text.replace(/<style>[\s\S]*?<\/style>/g, "");
  page.mail = text;
  await page.goto("http://mail.test/", { waitUntil: "load" });
  if (how.inverted) {
    await page.addStyleTag({
      content: "html{filter:invert(1) hue-rotate(180deg);background:#fff}img{filter:invert(1) hue-rotate(180deg)}",
    });
  }
  if (how.zoom) await page.addStyleTag({ content: `html{zoom:${how.zoom}}` });
  return page;

  function answer(route, { images = true }) {
    const url = new URL(route.request().url());
    if (url.hostname === "mail.test" && url.pathname === "/") {
      return route.fulfill({ contentType: "text/html; charset=utf-8", body: page.mail });
    }
    const name = url.pathname.split("/").pop().replace(/\.\w+$/, "");
    const file = STAND_INS[name] ?? `${name}.jpg`;
    const path = join(PICTURES, file);
    if (!images || route.request().resourceType() !== "image" || !existsSync(path)) {
      return route.abort();
    }
    return route.fulfill({ contentType: "image/jpeg", body: readFileSync(path) });
  }
}
