// node lighthouse.mjs <baseURL>: what Lighthouse says of the web app, before and after a log-in; EVERY=1 asks about each of its addresses. It asks for
// accessibility and best practices: of speed, a busy machine says nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { chromium } from 'playwright-core';
import { routes } from './keeper-routes.mjs';
import { base, executablePath, nextMessage, ok, run } from './lib.mjs';

const LEAST = 95;
const BOUND_MS = process.env.EVERY ? 1_800_000 : undefined;
const addresses = process.env.EVERY ? routes() : { out: ['/login'], in: ['/', '/send'] };

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
  const found = [];
  try {
    for (const path of addresses.out) found.push(await judge(port, path));
    const some = await logIn(await browser.newPage());
    for (const path of addresses.in) found.push({ ...(await judge(port, path.replace(/:\w+/, (name) => some[name]))), path });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(table(found));
  const below = found.filter(({ scores }) => scores.some(({ score }) => score < LEAST));
  if (below.length > 0) throw new Error(`below ${LEAST}: ${below.map(({ path }) => path).join(', ')}`);
  ok(`Lighthouse gives ${found.length} addresses ${LEAST} and more`);
}, BOUND_MS);

// table has a line for each address: its scores, and the audits that it lost points by.
function table(found) {
  const [first] = found;
  const wide = Math.max(...found.map(({ path }) => path.length));
  const row = (name, cells, more = '') => `${name.padEnd(wide)}${cells.map((cell) => String(cell).padStart(16)).join('')}  ${more}`.trimEnd();
  const lines = found.map(({ path, scores }) => row(path, scores.map(({ score }) => score), scores.flatMap(({ lost }) => lost).join(', ')));
  return [row('', first.scores.map(({ title }) => title)), ...lines].join('\n');
}

async function logIn(page) {
  await page.goto(`${base}/`);
  await page.getByLabel('WMID, phone, or email').fill('anna@purser.test');
  await page.locator('[name=password]').fill('demo-password');
  const { message } = await nextMessage('+79000000002', (m) => m.code, () => page.getByRole('button', { name: 'Log in', exact: true }).click());
  await page.locator('[name=code]').fill(message.code);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  const last = async (row) => (await page.getByTestId(row).first().getAttribute('href')).split('/').at(-1);
  const some = { ':number': await last('wallet'), ':id': await last('transfer') };
  await page.close();
  return some;
}

// judge returns the scores of an address, each with the audits that it lost points by.
async function judge(port, path) {
  const { lhr } = await lighthouse(base + path, {
    port, logLevel: 'error', disableStorageReset: true, onlyCategories: ['accessibility', 'best-practices'], formFactor: 'mobile',
  });
  if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
  const scores = Object.values(lhr.categories).map(({ title, score, auditRefs }) => ({
    title, score: Math.round(score * 100), lost: auditRefs.filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1).map(({ id }) => id),
  }));
  return { path, scores };
}
