// SCREENSHOTS=folder node keeper-shots.mjs <baseURL>: every screen of the web app, at three sizes, in both languages and themes, to be looked at; with
// ONLY=pattern those whose address fits it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { base, executablePath, nextMessage, ok, WAIT_MS } from './lib.mjs';

const folder = process.env.SCREENSHOTS;
const sizes = { phone: { width: 390, height: 844 }, tablet: { width: 820, height: 1180 }, desk: { width: 1440, height: 900 } };
const only = new RegExp(process.env.ONLY ?? '');
const outside = ['/login', '/register', '/recovery', '/recovery/phone'];
const inside = ['/', '/wallets', '/send', '/receive', '/history', '/contacts', '/security', '/settings',
  ...['profile', 'email', 'phone', 'password', 'question', 'certificate', 'limits', 'refused', 'blocked', 'export', 'close', 'agreements'].map((name) => `/settings/${name}`)];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
mkdirSync(folder, { recursive: true });
for (const language of ['en', 'ru']) {
  const context = await browser.newContext({ locale: language, reducedMotion: 'reduce' });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  for (const path of outside.filter((p) => only.test(p))) await shoot(page, path, language);
  await logIn(page);
  for (const path of inside.filter((p) => only.test(p))) await shoot(page, path, language);
  await page.goto(`${base}/`);
  for (const [what, name] of [['wallet', 'wallet'], ['transfer', 'transfer']]) {
    const path = await page.getByTestId(what).first().getAttribute('href');
    await shoot(page, path, language, name);
    await page.goto(`${base}/`);
  }
  await context.close();
}
await browser.close();

async function shoot(page, path, language, name = path === '/' ? 'home' : path.slice(1).replace('/', '-')) {
  await page.goto(base + path);
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await page.locator('h1').waitFor();
      await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
      await page.screenshot({ path: join(folder, `${name}-${size}-${language}-${theme}.png`), fullPage: true });
    }
  }
  ok(`${name}, ${language}`);
}

async function logIn(page) {
  await page.goto(`${base}/`);
  await page.locator('[name=login]').fill('anna@purser.test');
  await page.locator('[name=password]').fill('demo-password');
  const { message } = await nextMessage('+79000000002', (m) => m.code, () => page.locator('button[type=submit]').click());
  await page.locator('[name=code]').fill(message.code);
  await page.locator('button[type=submit]').click();
  await page.getByTestId('wallet').first().waitFor();
}
