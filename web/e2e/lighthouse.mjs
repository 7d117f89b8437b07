// node lighthouse.mjs <baseURL>: what Lighthouse says of the web app, before and after a log-in. It asks for accessibility and best practices:
// of speed, a busy machine says nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { chromium } from 'playwright-core';
import { base, check, executablePath, nextMessage, run } from './lib.mjs';

const LEAST = 95;

const freePort = () =>
  new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

await run(async () => {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'purser-lighthouse-'));
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath, locale: 'en-GB',
    args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${port}`, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  });
  try {
    await judge(port, '/login');
    await logIn(await browser.newPage());
    for (const path of ['/', '/send']) await judge(port, path);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function logIn(page) {
  await page.goto(`${base}/`);
  await page.getByLabel('WMID, phone or e-mail').fill('anna@purser.test');
  await page.locator('[name=password]').fill('demo-password');
  const { message } = await nextMessage('+79000000002', (m) => m.code, () => page.getByRole('button', { name: 'Log in', exact: true }).click());
  await page.locator('[name=code]').fill(message.code);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  await page.close();
}

async function judge(port, path) {
  const { lhr } = await lighthouse(base + path, {
    port, logLevel: 'error', disableStorageReset: true, onlyCategories: ['accessibility', 'best-practices'], formFactor: 'mobile',
  });
  if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
  for (const category of Object.values(lhr.categories)) {
    const score = Math.round(category.score * 100);
    const lost = category.auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1).map(({ id }) => id);
    check(score >= LEAST, `${path}: ${category.title} ${score}${lost.length > 0 ? ` (${lost.join(', ')})` : ''}`);
  }
}
