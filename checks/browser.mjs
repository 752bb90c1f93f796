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

// Debian has no Georgia. Gelasio has its widths, so that lines break where readers see them break.
const FONTS = [400, 700]
  .map((weight) => {
    const file = `node_modules/@fontsource/gelasio/files/gelasio-latin-${weight}-normal.woff2`;
    const data = readFileSync(join(ROOT, "checks", file)).toString("base64");
    return `@font-face{font-family:Georgia;font-weight:${weight};src:url(data:font/woff2;base64,${data})}`;
  })
  .join("\n");

function chromiumPath() {
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

/** A window that shows documents in one way, one after the other. */
export async function openWindow(browser, how) {
  const context = await browser.newContext({
    viewport: { width: how.width, height: 800 },
    colorScheme: how.scheme,
  });
  const page = await context.newPage();
  let shown = "";
  await page.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.hostname === "mail.test" && url.pathname === "/") {
      return route.fulfill({ contentType: "text/html; charset=utf-8", body: shown });
    }
    return picture(route, url, how);
  });
  return {
    async show(html) {
      shown = how.style === false ? html.replace(/<style>[\s\S]*?<\/style>/g, "") : html;
      await page.goto("http://mail.test/", { waitUntil: "load" });
      const css = [FONTS];
      if (how.inverted) css.push(`html{${INVERTED};background:#fff}img{${INVERTED}}`);
      if (how.zoom) css.push(`html{zoom:${how.zoom}}`);
      await page.addStyleTag({ content: css.join("\n") });
      await page.evaluate(() => document.fonts.ready);
      return page;
    },
    close: () => context.close(),
  };
}

const INVERTED = "filter:invert(1) hue-rotate(180deg)";

function picture(route, url, { images = true }) {
  const name = url.pathname.split("/").pop().replace(/\.\w+$/, "");
  const path = join(PICTURES, STAND_INS[name] ?? `${name}.jpg`);
  if (!images || route.request().resourceType() !== "image" || !existsSync(path)) {
    return route.abort();
  }
  return route.fulfill({ contentType: "image/jpeg", body: readFileSync(path) });
}
