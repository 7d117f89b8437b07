// node keeper-offline.mjs <baseURL>: the web app without a network: what it shows of what it last knew, and when it forgets that.
import { runInBrowser } from './browser.mjs';
import { check, ok, sleep, soon, WAIT_MS } from './lib.mjs';
import { anna, besideANetwork, boris, CUT, DESK, fill, forgive, logIn, place, send } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  const { network, phone, desk, annas, boriss } = await besideANetwork(house);
  await send(desk, anna, { to: boriss, amount: '2', memo: 'before it went' });
  await desk.getByRole('button', { name: 'Send another' }).click();

  await lookAround(phone, boriss);
  await reloadOffline(house, network, phone, boriss);
  await comeBack(network, phone, desk, annas, boriss);
  await registerOffline(network, phone);
  await logOutOffline(network, phone);
  await beRefused(house, phone);
  forgive(house, CUT);
});

// known is all that is kept.
function known(page) {
  return page.evaluate(
    () =>
      new Promise((done, failed) => {
        const opening = indexedDB.open('keeper');
        opening.onerror = () => failed(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction('known').objectStore('known').getAll();
          asked.onsuccess = () => done(JSON.stringify(asked.result)) ?? opening.result.close();
        };
      }),
  );
}

// isKept waits until what was seen has been written down.
async function isKept(page, ...words) {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(100)) {
    const kept = await known(page);
    if (words.every((word) => kept.includes(word))) return;
  }
  throw new Error(`not kept: ${words}`);
}

// lookAround sees what will be wanted later.
async function lookAround(page, number) {
  await place(page, 'Home');
  await page.getByTestId('transfer').filter({ hasText: 'before it went' }).waitFor();
  await place(page, 'History');
  await page.getByTestId('transfer').filter({ hasText: 'before it went' }).waitFor();
  await isKept(page, '"turnover"', '"hasNextPage"');
  await page.getByTestId('transfer').filter({ hasText: 'before it went' }).click();
  await page.getByText('before it went').waitFor();
  await isKept(page, '"receiptUrls"');
  await page.goto(new URL(`/wallets/${number}`, page.url()).href);
  await page.getByText(/^Balance/).first().waitFor();
  await isKept(page, '"entries"');
  await page.goto(new URL('/contacts', page.url()).href);
  await page.getByText('No contacts yet').waitFor();
  await isKept(page, '"incomingPolicy"');
  await page.goto(new URL('/', page.url()).href);
  await page.getByTestId('wallet').first().waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
}

async function reloadOffline(house, network, page, number) {
  const balance = await page.getByTestId('wallet').first().innerText();
  await network.cut(page);
  await page.reload();
  await page.getByTestId('wallet').first().waitFor();
  check((await page.getByTestId('wallet').first().innerText()) === balance, 'without a network a reload shows what was last known');
  await page.getByRole('status').filter({ hasText: /Showing data from .*\d:\d\d/ }).waitFor();
  ok('it says so, and of when that is');
  await house.accessible(page, 'home without a network');
  await house.shot('keeper-offline-phone', page);
  await place(page, 'History');
  await page.getByTestId('transfer').filter({ hasText: 'before it went' }).click();
  await page.getByText('before it went').waitFor();
  await page.goto(new URL(`/wallets/${number}`, page.url()).href);
  await page.getByText(/^Balance/).first().waitFor();
  await page.goto(new URL('/contacts', page.url()).href);
  await page.getByText('No contacts yet').waitFor();
  ok('so does every screen that was seen');
  const kept = await known(page);
  check(kept.includes('before it went') && !/eyJ|rt_|token|"codeLength"|qrSvg/i.test(kept), 'no token and no code is kept');
}

async function comeBack(network, phone, desk, annas, boriss) {
  await place(phone, 'Send');
  await fill(phone, { to: annas, amount: '1', memo: 'typed before' });
  await phone.getByText('No connection: nothing was sent.').waitFor();
  await send(desk, anna, { to: boriss, amount: '4', memo: 'meanwhile' });
  await network.restore(phone);
  await phone.getByTestId('quote').getByText('1.01').waitFor();
  await soon(() => phone.getByLabel('Memo (optional)').inputValue(), 'typed before', 'what was typed without a network is there when it is back');
  await phone.getByText('Showing data from').waitFor({ state: 'detached' });
  await place(phone, 'Home');
  await phone.getByTestId('transfer').filter({ hasText: 'meanwhile' }).waitFor();
  ok('when the network is back everything is new');
}

// registerOffline: who turns out to be signed in opens no other account.
async function registerOffline(network, page) {
  await network.cut(page);
  await page.goto(new URL('/register', page.url()).href);
  await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
  await network.restore(page);
  await page.getByTestId('wallet').first().waitFor();
  await soon(() => new URL(page.url()).pathname, '/', 'a registration that is opened without a network leads whoever is in to the app when it is back');
}

// logOutOffline: who logs out is out, network or not.
async function logOutOffline(network, page) {
  await network.cut(page);
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.getByLabel('WMID, phone, or email').waitFor();
  await soon(() => known(page), '[]', 'who logs out leaves nothing behind, without a network too');
  await page.reload();
  await page.getByText('No internet connection').waitFor();
  const dropped = (route) => (route.request().method() === 'DELETE' ? route.abort() : route.fallback());
  await page.route('**/web/session', dropped);
  await network.restore(page);
  await page.goto(new URL('/register', page.url()).href);
  await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
  ok('nothing is begun while the server has not heard of the log-out');
  await page.unroute('**/web/session', dropped);
  const kept = page.waitForResponse((r) => r.url().endsWith('/web/registration') && r.request().method() === 'POST');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('[name=phone]').fill('+7 902 000-00-01');
  await page.getByRole('button', { name: 'Continue' }).click();
  await kept;
  await page.getByLabel('First name').waitFor();
  await page.goto(new URL('/', page.url()).href);
  await page.getByLabel('WMID, phone, or email').waitFor();
  ok('and is still out when the network is back');
  while (await page.evaluate(() => localStorage.getItem('keeper.leaving'))) await page.waitForTimeout(50); // until the server has said that it is ended
  const cookies = (await page.context().cookies()).map((c) => c.name);
  check(!cookies.some((name) => name.endsWith('purser_session')), 'the session is ended at the server as soon as it answers');
  check(cookies.some((name) => name.endsWith('purser_registration')), 'and takes along nothing that was begun since');
}

// beRefused ends a session from elsewhere.
async function beRefused(house, page) {
  await page.locator('[name=login]').fill(boris.login);
  await page.locator('[name=password]').fill(boris.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click(); // the browser is trusted still
  await page.getByTestId('wallet').first().waitFor();
  while ((await known(page)) === '[]') await page.waitForTimeout(50);
  check(!(await page.context().cookies()).some((c) => c.name.endsWith('purser_registration')), 'who logs in leaves no registration of somebody else behind');
  const other = await house.open('/', DESK);
  await logIn(other, boris);
  await place(other, 'Security');
  await other.getByRole('button', { name: 'Log out other devices' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Log out other devices' }).click();
  await page.getByLabel('WMID, phone, or email').waitFor();
  await soon(() => known(page), '[]', 'a session that is ended takes what was kept along');
}
