// Renders every golden mail and page to PNG in all the ways it is looked at, and the picture of the
// README. Usage: node pictures.mjs FOLDER [NAME...]; --docs renews docs/edition.png as well.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { LOOKS, ROOT, open, openWindow } from "./browser.mjs";

const GOLDEN = join(ROOT, "templates/tests/golden");
// Pages of the web server bring their own style sheet: without it they are no pages.
const isPage = (html) => !html.includes('role="presentation"');

const docs = process.argv.includes("--docs");
const [folder, ...wanted] = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
mkdirSync(folder, { recursive: true });
const browser = await open();

const names = readdirSync(GOLDEN)
  .filter((file) => file.endsWith(".html"))
  .map((file) => file.replace(/\.html$/, ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
let count = 0;
for (const how of LOOKS) {
  const window = await openWindow(browser, how);
  for (const name of names) {
    const html = readFileSync(join(GOLDEN, `${name}.html`), "utf8");
    if (isPage(html) && (how.style === false || how.inverted || how.images === false)) continue;
    const page = await window.show(html);
    await page.screenshot({ path: join(folder, `${name}-${how.name}.png`), fullPage: true });
    count += 1;
  }
  await window.close();
}
if (docs) {
  await drawReadme();
  count += 1;
}
await browser.close();
console.log(`${count} pictures in ${folder}`);

/** An edition on a desk and in the dark on a telephone, side by side, one after the other in time. */
async function drawReadme() {
  const html = readFileSync(join(GOLDEN, "full.html"), "utf8");
  const shots = [];
  for (const how of [
    { width: 640, scheme: "light", clip: 1500 },
    { width: 375, scheme: "dark", clip: 1500 },
  ]) {
    const window = await openWindow(browser, how);
    const page = await window.show(html);
    const clip = { x: 0, y: 0, width: how.width, height: how.clip };
    const png = await page.screenshot({ clip, fullPage: true });
    shots.push(`data:image/png;base64,${png.toString("base64")}`);
    await window.close();
  }
  const context = await browser.newContext({ viewport: { width: 1095, height: 1540 } });
  const page = await context.newPage();
  await page.setContent(
    `<body style="margin:0;padding:20px;display:flex;gap:40px;background:#C6CFD3">${shots
      .map((shot) => `<img src="${shot}" style="border-radius:10px">`)
      .join("")}</body>`,
  );
  const png = await page.screenshot();
  writeFileSync(join(ROOT, "docs/edition.png"), png);
  await context.close();
}
