// An editor's whole way at the desk, by keyboard alone and without a script: sign in, look at an edition in every way,
// find what fails, mend it, send a test, approve, and see the report fill as a reader reads. Axe looks at every page
// at 1440 and 375 px, light and dark.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { check, freePort, House, newsSite, pause, press, tabTo, text, title, until } from "./house.mjs";

const house = new House("desk", [1440, 375], process.argv[2]);
const { folder } = house;
const [web, smtp, site] = [await freePort(), await freePort(), await freePort()];
const base = `http://127.0.0.1:${web}`;

const news = newsSite(site);

const status = () => JSON.parse(house.courant("edition", "show", "--json")).status;
const failed = async (page) => Number((await page.textContent(".sums")).match(/(\d+) failed/)[1]);

try {
  house.post(smtp);
  const hour = (ago) => new Date(Date.now() - ago * 3600e3).toISOString();
  const stories = Array.from({ length: 6 }, (_, n) => ({
    id: `s${n}`,
    title: `The ferry leaves at ${n + 1}, says the harbour`,
    url: `http://127.0.0.1:${site}/${n === 2 ? "gone" : `story-${n}`}`,
    summary: "It did not last summer, and nobody at the quay knows why it does now.",
    category: n % 2 ? "Harbour" : "Field",
    published: hour(n + 1),
    ...(n === 0 ? { image: "https://pictures.tarn.example/ferry.png" } : {}),
  }));
  writeFileSync(join(folder, "news.jsonl"), stories.map((one) => `${JSON.stringify(one)}\n`).join(""));
  // What a check asks the world, and this machine is not.
  const skip = [
    "link-host", "link-https", "pictures", "picture-size", "service", "one-click", "list-unsubscribe", "headers",
    "dkim-signature", "dkim-key", "spf", "dmarc", "alignment", "mx", "ptr", "relay", "clock",
  ];
  writeFileSync(
    join(folder, "digest.toml"),
    `[publication]
name = "Tarn Post"
home_url = "http://127.0.0.1:${site}/"
postal_address = "Tarn Post, 1 Quay, Tarn"
[[source]]
name = "news"
file = "news.jsonl"
format = "jsonl"
home_url = "http://127.0.0.1:${site}/"
[fetch]
allow_private = ["127.0.0.1"]
[check]
skip = ${JSON.stringify(skip)}
[[digest]]
name = "daily"
title = "Morning Letter"
at = "00:00"
approval = "manual"
[links]
base_url = "${base}"
[server]
listen = "127.0.0.1:${web}"
[delivery]
from = "Tarn Post <digest@tarn.example>"
[delivery.dkim]
sign = false
[delivery.smtp]
host = "127.0.0.1"
port = ${smtp}
tls = "none"
`,
  );
  house.courant("init", "--quiet");
  house.courant("subscribers", "add", "ida@readers.example", "--name", "Ida", "--quiet");
  house.courant("fetch", "--quiet");
  house.courant("edition", "build", "daily", "--quiet");
  house.told("a long enough password", "desk", "add", "ida", "--role", "editor", "--stdin");
  await house.serve(base);
  const page = await house.window(1440);

  await page.goto(`${base}/desk`);
  await house.accessible(page, "sign-in");
  await tabTo(page, "#name");
  await page.keyboard.type("ida");
  await tabTo(page, "#password");
  await page.keyboard.type("a long enough password");
  await press(page, "button.main");
  check("after signing in", new URL(page.url()).pathname, "/desk/editions");
  await house.accessible(page, "editions");
  await press(page, "table.data a");
  const edition = new URL(page.url()).pathname;
  for (const tab of ["Mobile", "Dark", "Plain text", "Source", "Headers", "Checks", "Desktop"]) {
    await page.goto(`${base}${edition}`);
    const url = await page.getAttribute(`nav.tabs a:text-is("${tab}"), nav.tabs a:has-text("${tab}")`, "href");
    await page.goto(`${base}${url}`);
    await house.accessible(page, `tab-${tab.toLowerCase().replace(" ", "-")}`);
  }
  const shown = page.frames().length;
  check("the mail is in its frame", shown, 2);
  check("images off", (await page.goto(`${base}${edition}?images=off`)).status(), 200);

  // A check fails: approving says so, and on that page stand two.
  await page.goto(`${base}${edition}`);
  await press(page, 'form[action$="/approve"] button');
  check("an edition with failures", status(), "draft");
  check("failures", await failed(page), 2);
  await house.accessible(page, "not-approved");
  const found = await page.textContent(".checks");
  check("what fails", [/alt/.test(found), found.includes("/gone")], [true, true]);

  // Mend the picture, then the link.
  const rewrite = async (number, field, words) => {
    await page.goto(`${base}${edition}/edit`);
    await tabTo(page, `.stories li:nth-child(${number}) summary`, 200);
    await page.keyboard.press("Enter");
    await tabTo(page, `[name^="${field}-"]`);
    await page.keyboard.press("Control+A");
    await page.keyboard.type(words);
    await press(page, `.stories li:nth-child(${number}) details button`);
    check("saved", (await page.textContent(".said")).trim().startsWith("Saved"), true);
  };
  await page.goto(`${base}${edition}/edit`);
  await house.accessible(page, "edit");
  await rewrite(1, "alt", "A ferry at the quay");
  const gone = await page.$$eval('.stories input[name^="url-"]', (all) => all.findIndex((it) => it.value.endsWith("/gone")));
  await rewrite(gone + 1, "url", `http://127.0.0.1:${site}/story-2`);
  await house.accessible(page, "edited");
  await page.goto(`${base}${edition}?view=checks`);
  check("failures after mending", await failed(page), 0);

  // A test, which is counted nowhere.
  await page.goto(`${base}${edition}`);
  await tabTo(page, "#to", 200);
  await page.keyboard.type("desk@readers.example");
  await press(page, "#test button.main");
  await house.accessible(page, "tested");
  check("the test", /^The test went to 1 of 1 address at \d\d:\d\d/.test((await page.textContent(".said")).trim()), true);
  const test = await house.mail("[Test]");
  check("a test is for whom it went to", /^To: desk@readers.example/m.test(test), true);

  await page.goto(`${base}${edition}`);
  await press(page, 'form[action$="/approve"] button');
  check("after approving", status(), "approved");
  await house.accessible(page, "approved");
  const ran = JSON.parse(house.courant("run", "daily", "--json").trim().split("\n").at(-1));
  check("sent", ran.accepted, 1);
  const digest = await house.mail("The ferry", "[Test]");

  // Sooner than ten seconds after the mail left nobody is a reader.
  await pause(11_000);
  const reader = await house.window(375);
  const story = text(digest).match(new RegExp(`${base}/c/[\\w-]+`))[0];
  await reader.goto(story);
  check("the reader reads", await title(reader), "The story");
  const report = edition.replace("/editions/", "/reports/");
  let last = "";
  await until("the report to fill", async () => {
    await page.goto(`${base}${report}`);
    const figures = await page.$$eval(".figures > div", (all) =>
      all.map((it) => [it.querySelector("dt").textContent, it.querySelector(".value").textContent]),
    );
    last = JSON.stringify(figures);
    return figures.some(([name, value]) => name === "Clicked" && value.trim() === "1");
  }).catch((error) => {
    throw new Error(`${error.message}: ${last}`);
  });
  await house.accessible(page, "report");
  await page.goto(`${base}/desk/reports`);
  await house.accessible(page, "reports");
  await page.goto(`${base}/desk/groups`);
  await house.accessible(page, "groups");
  await press(page, ".who button");
  check("after signing out", new URL(page.url()).pathname, "/desk/sign-in");
  check("and out", new URL((await page.goto(`${base}${edition}`)).url()).pathname, "/desk/sign-in");
  console.log(`desk: from a failing check to the report by keyboard, ${house.pages} pages, axe in light and dark`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  news.close();
  await house.close();
}
