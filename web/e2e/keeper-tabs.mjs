// node keeper-tabs.mjs <baseURL>: what an open tab must not do when something changes behind its back: a slow quote, a lost screen, another person.
import { runInBrowser } from './browser.mjs';
import { anna, boris, DESK, fill, forgive, INSTALLED, logIn, place, review } from './keeper-lib.mjs';
import { base, check, ok } from './lib.mjs';

const QUOTE_MS = 2_000;

await runInBrowser(async (house) => {
  const page = await house.open('/', { ...DESK, ...INSTALLED });
  await logIn(page, anna);
  await quoteSlowly(page);
  await quoteAnew(page);
  await loseAScreen(house, page);
  await beRenewed(page);
  await hearHidden(page);
  await changePerson(house, page);
});

// What is offered to be sent is what is typed, or nothing is offered.
async function quoteSlowly(page) {
  await place(page, 'Send');
  await fill(page, { to: boris.phone, amount: '5' });
  await page.getByTestId('quote').getByText('5.04').waitFor();
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('"Quote"')) await new Promise((wake) => setTimeout(wake, QUOTE_MS));
    await route.continue();
  });
  const asked = page.waitForRequest((r) => Boolean(r.postData()?.includes('"Quote"')));
  await page.locator('[name=amount]').fill('90');
  await asked;
  check((await page.getByRole('button', { name: 'Review' }).isDisabled()) && !(await page.getByTestId('quote').innerText()).includes('5.04'), 'an old quote is not offered for a new sum');
  const send = await review(page);
  check((await send.innerText()).includes('90.72'), 'what is reviewed is what was typed');
  await page.unroute('**/graphql');
  ok('a slow quote is waited for');
}

// quoteAnew has the fee rise between the last look and the send.
async function quoteAnew(page) {
  let sent = 0;
  let quoted = 0;
  const count = (request) => {
    sent += /"CreateTransfer"/.test(request.postData() ?? '') ? 1 : 0;
    quoted += /"Quote"/.test(request.postData() ?? '') ? 1 : 0;
  };
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('"Quote"')) return route.fallback();
    const answer = await (await route.fetch()).json();
    const { fee, total } = answer.data.transferQuote.quote;
    fee.amount = '1.72';
    total.amount = '91.72';
    return route.fulfill({ json: answer });
  });
  page.on('request', count);
  await page.getByRole('button', { name: /^Send \d/ }).click();
  const changed = page.getByRole('alert').filter({ hasText: 'Nothing was sent yet' });
  await changed.waitFor();
  const [notice, button] = [await changed.innerText(), await page.getByRole('button', { name: /^Send \d/ }).innerText()];
  check(sent === 0 && quoted === 1 && /Fee: 0\.72 WMZ → 1\.72 WMZ/.test(notice) && !/Recipient/.test(notice) && button.includes('91.72'), `what has changed is looked at once more before it is sent: ${notice}`);
  await page.waitForFunction(() => document.activeElement.tagName === 'H2');
  page.off('request', count);
  await page.unroute('**/graphql');
}

// beRenewed has the server know no such operation, as an old app meets a new server: the app is taken anew, and the send goes on under its key.
async function beRenewed(page) {
  await page.evaluate(() => sessionStorage.removeItem('keeper.reloaded')); // it is taken anew once a minute at most
  await place(page, 'Send');
  await fill(page, { to: boris.phone, amount: '90' });
  const send = await review(page);
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('"CreateTransfer"')
      ? route.fulfill({ json: { errors: [{ message: 'unknown', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] } })
      : route.fallback());
  const reloaded = page.waitForEvent('load');
  await send.click();
  await reloaded;
  await page.unroute('**/graphql');
  await page.locator('[name=code]').waitFor();
  ok('a send goes on in an app that was taken anew');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('[name=to]').waitFor();
  await place(page, 'Home');
}

// loseAScreen comes before any reload: the service worker of a later page has every screen.
async function loseAScreen(house, page) {
  await page.evaluate(() => sessionStorage.setItem('keeper.reloaded', String(Date.now()))); // it is taken anew once a minute at most
  await page.route(/\/assets\/history-/, (route) => route.abort());
  await place(page, 'History');
  await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
  await place(page, 'Home');
  await page.getByTestId('wallet').first().waitFor();
  ok('a screen that cannot be loaded says so, and takes no other along');
  await page.unroute(/\/assets\/history-/);
  await page.evaluate(() => sessionStorage.removeItem('keeper.reloaded'));

  await page.route(/\/assets\/contacts-/, (route) => route.abort());
  const reloaded = page.waitForEvent('load');
  await place(page, 'Contacts');
  await reloaded;
  await page.unroute(/\/assets\/contacts-/);
  await page.getByRole('navigation').first().waitFor();
  ok('an app whose screen cannot be loaded is taken anew');
  await place(page, 'Home');
  await page.getByTestId('wallet').first().waitFor();
  forgive(house, /contacts-|history-|preload|dynamically imported|ERR_FAILED|Failed to fetch/);
}

// hearHidden has a browser that lets no page show a notification, as on Android.
async function hearHidden(page) {
  await page.evaluate(() => {
    window.Notification = class { static permission = 'granted'; constructor() { throw new TypeError('Illegal constructor'); } };
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  });
  await place(page, 'Wallets');
  await page.getByRole('button', { name: 'Open a wallet' }).first().waitFor();
  await place(page, 'Home');
}

// changePerson logs out in one tab and lets somebody else in, while another tab has no network: when that is back, the tab is wholly theirs.
async function changePerson(house, page) {
  const other = await page.context().newPage();
  await other.goto(base);
  await other.getByTestId('wallet').first().waitFor();
  const network = await other.context().newCDPSession(other);
  const cut = (offline) => network.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await network.send('Network.enable');
  await cut(true);
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out' }).click();
  await logIn(page, boris);
  await cut(false);
  await other.locator('header').filter({ hasText: 'Boris' }).waitFor();
  check(!(await other.locator('body').innerText()).includes('Anna'), 'another tab is wholly the person who is in');
  forgive(house, /401|graphql|ERR_INTERNET_DISCONNECTED|websocket/i);
}
