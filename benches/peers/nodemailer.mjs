// nodemailer as a newsletter's sender would use it: a pool, a message built for every reader.
// node nodemailer.mjs PORT BYTES MESSAGES plain|signed
import { generateKeyPairSync } from "node:crypto";
import nodemailer from "nodemailer";

const [port, bytes, messages, mode] = process.argv.slice(2);
const dkim = {
  domainName: "tarn.example",
  keySelector: "s1",
  privateKey: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  }),
};
const pool = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  pool: true,
  maxConnections: 8,
  maxMessages: Infinity,
  ignoreTLS: true,
  ...(mode === "signed" ? { dkim } : {}),
});
const story = (reader, n) =>
  `<p><a href="https://go.tarn.example/c/${reader}x${n}">Story ${n}</a> café, naïve</p>\n`;
const size = Math.round(Number(bytes) * 0.8);
let next = 0;
async function worker() {
  while (next < Number(messages)) {
    const reader = next++;
    let html = "";
    for (let n = 0; html.length < size; n++) html += story(reader, n);
    await pool.sendMail({
      from: "Tarn Post <digest@tarn.example>",
      to: `reader${reader}@example.org`,
      subject: "Story 1 of the day",
      text: "Story 1 of the day\n".repeat(200),
      html,
      list: { unsubscribe: `https://go.tarn.example/u/${reader}` },
    });
  }
}
await Promise.all(Array.from({ length: 16 }, worker));
pool.close();
