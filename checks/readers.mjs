// A reader's whole way, as a reader goes it: in a browser 375 px wide, by keyboard alone, without a script,
// with mail that a Postfix puts into a mailbox. From the sign-up form to the way back after leaving; axe
// looks at every page in light and dark.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { check, freePort, House, newsSite, pause, press, tabTo, text, title, until } from "./house.mjs";

const ADDRESS = "ida@readers.example";

const house = new House("readers", [375], process.argv[2]);
const { folder } = house;
const [web, smtp, site] = [await freePort(), await freePort(), await freePort()];
const base = `http://127.0.0.1:${web}`;

const courant = (...args) => house.courant(...args);
const accessible = (page, what) => house.accessible(page, what);
const mail = (subject) => house.mail(subject);
const held = () => JSON.parse(courant("subscribers", "show", ADDRESS, "--json"));
const status = () => held().subscriber.status;
const link = (message, letter) => text(message).match(new RegExp(`${base}/${letter}/[\\w-]+`))[0];

const news = newsSite(site);

try {
  house.post(smtp);
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
  await house.serve(base);
  const page = await house.window(375);

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
  console.log(`readers: from sign-up to the way back by keyboard, ${house.pages} pages, axe in light and dark`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  news.close();
  await house.close();
}
