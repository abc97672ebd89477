// Drives the web page of `handbill serve` in Debian's Chromium, as people use it, and says what it saw.
//
//   echo '{"address": "http://127.0.0.1:8420", …}' | node chromium.mjs
//
// Told as JSON: `address`; `secret`, the token to log in with; `folder` for pictures; `pages`, name and
// path of each page to look at; `windows`, how (style, width, height; without a height the whole page);
// `approve`, the path of an ad whose words wait on `channel`; `resolve`, the path of a delivery whose
// outcome is unknown, and `link`, where it is. All but the first three may be left out. Says as JSON: `found`, what axe finds serious;
// `console`, what the browser complained of, violations of the policy too; `wide`, pages that are wider
// than the window; `seen`, what pages said after each decision.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const told = JSON.parse(readFileSync(0, "utf8"));
const said = { found: [], console: [], wide: [], seen: {} };
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

async function window(options, act) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complain = (what) => said.console.push(`${page.url()}: ${what}`);
  page.on("console", (message) => complain(message.text()));
  page.on("pageerror", (error) => complain(error.message));
  page.on("requestfailed", (request) => complain(`${request.url()} failed`));
  await act(page);
  await context.close();
}

async function logIn(page, to = "/") {
  await page.goto(`${told.address}/login?to=${encodeURIComponent(to)}`);
  await page.getByLabel("Your token").fill(told.secret);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Logged in as").waitFor();
}

async function look(page, name, path, whole) {
  await page.goto(told.address + path);
  await page.screenshot({ path: `${told.folder}/${name}.png`, fullPage: whole });
  const { scroll, inner } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    inner: window.innerWidth,
  }));
  if (scroll > inner) said.wide.push(`${name}: ${scroll} of ${inner}`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run());
  for (const it of violations.filter((it) => ["serious", "critical"].includes(it.impact))) {
    said.found.push(`${name}: ${it.id}: ${it.help}: ${it.nodes.map((node) => node.html).join(" ")}`);
  }
}

const wide = { width: 1280, height: 800 };
for (const [style, width, height] of told.windows ?? [
  ["light", 1280],
  ["dark", 1280],
  ["light", 390],
  ["dark", 390],
]) {
  const viewport = { width, height: height ?? 800 };
  await window({ viewport, colorScheme: style }, async (page) => {
    await look(page, `login-${style}-${width}`, "/login", !height);
    await logIn(page);
    for (const [name, path] of told.pages ?? []) {
      await look(page, `${name}-${style}-${width}`, path, !height);
    }
  });
}

// By keyboard alone, without scripts.
await window({ viewport: wide, javaScriptEnabled: false }, async (page) => {
  await page.goto(told.address);
  await page.keyboard.press("Tab");
  said.seen.first = await page.locator(":focus").textContent();
  await page.keyboard.press("Enter");
  said.seen.skipped = new URL(page.url()).hash;
});

// What a person does, without scripts.
await window({ viewport: wide, javaScriptEnabled: false }, async (page) => {
  await logIn(page, told.approve ?? "/");
  if (told.approve) {
    const name = `Approve these words for ${told.channel}`;
    await page.getByRole("button", { name }).click();
    said.seen.approved = await page.getByRole("status").textContent();
  }
  if (told.resolve) {
    await page.goto(told.address + told.resolve);
    await page.getByLabel("Its link").fill(told.link);
    await page.getByRole("button", { name: "It is there" }).click();
    said.seen.resolved = await page.getByRole("status").textContent();
  }
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
});

await browser.close();
console.log(JSON.stringify(said));
