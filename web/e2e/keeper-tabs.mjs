// node keeper-tabs.mjs <baseURL>: what an open tab must not do when something changes behind its back: a slow quote, a lost screen, another person.
import { runInBrowser } from './browser.mjs';
import { alone, anna, asksFor, boris, button, code, DESK, fill, forgive, holdAnswer, INSTALLED, logIn, payLinkBy, place, review, tokenOf } from './keeper-lib.mjs';
import { base, check, ok, soon } from './lib.mjs';
import { Network } from './network.mjs';

const TURN_MS = 1_000;

await runInBrowser(async (house) => {
  const page = await house.open('/', { ...DESK, ...INSTALLED });
  await logIn(page, anna);
  await quoteSlowly(page);
  await quoteAnew(page);
  await loseAScreen(house, page);
  await beRenewed(page);
  await hearHidden(page);
  await changePerson(house, page);
  await renewalsTakeTurns(house, page);
  await answerComesLate(page);
  await takeNewVersion(house);
  await loadInParts(house);
});

// What is offered to be sent is what is typed, or nothing is offered.
async function quoteSlowly(page) {
  await place(page, 'Send');
  await fill(page, { to: boris.phone, amount: '5' });
  await page.getByTestId('quote').getByText('5.04').waitFor();
  const late = await holdAnswer(page, '**/graphql', asksFor('Quote'));
  await page.locator('[name=amount]').fill('90');
  await late.reached;
  check((await page.getByRole('button', { name: 'Review' }).isDisabled()) && !(await page.getByTestId('quote').innerText()).includes('5.04'), 'an old quote is not offered for a new sum');
  const reviewed = review(page);
  await late.letGo();
  const send = await reviewed;
  check((await send.innerText()).includes('90.72'), 'what is reviewed is what was typed');
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
  const changed = page.getByRole('alert').filter({ hasText: 'Nothing has been sent yet' });
  await changed.waitFor();
  const [notice, button] = [await changed.innerText(), await page.getByRole('button', { name: /^Send \d/ }).innerText()];
  check(sent === 0 && quoted === 1 && /Fee: 0\.72\sWMZ → 1\.72\sWMZ/.test(notice) && !/Recipient/.test(notice) && button.includes('91.72'), `what has changed is looked at once more before it is sent: ${notice}`);
  await page.waitForFunction(() => document.activeElement.tagName === 'H1');
  page.off('request', count);
  await page.unroute('**/graphql');
}

// beRenewed has an old app meet a new server: the app is taken anew, and the send goes on under its key. A payment link that is
// followed meanwhile has its turn after it.
async function beRenewed(page) {
  await page.evaluate(() => sessionStorage.removeItem('keeper.reloaded')); // it is taken anew once a minute at most
  await place(page, 'Send');
  await fill(page, { to: boris.phone, amount: '90' });
  const send = await review(page);
  await knowsNot(page, 'CreateTransfer');
  const reloaded = page.waitForEvent('load');
  await send.click();
  await reloaded;
  await page.unroute('**/graphql');
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  await page.getByTestId('review').getByText('WMZ', { exact: true }).waitFor();
  check(await page.getByTestId('review').getByText(boris.phone).isVisible(), 'what has not arrived is told by the names it had');
  await page.goto(`${base}/send#pay=${await payLinkBy(await tokenOf(boris), { amount: '7' })}`);
  await page.getByText('Finish this payment first.').waitFor();
  await page.getByRole('button', { name: /^Send \d/ }).click();
  await page.locator('[name=code]').waitFor();
  ok('a send goes on in an app that was taken anew');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('[name=to]').waitFor();
  await soon(() => page.locator('[name=amount]').inputValue(), '7.00', 'a link that was followed meanwhile has its turn then');
  check(!(await page.getByText('Finish this payment first.').isVisible()), 'and waits for nothing any more');
  await place(page, 'Home');
}

// answerComesLate has the answer to one payment come while the next awaits its code: what is kept of that stays.
async function answerComesLate(page) {
  const awaits = async (amount) => {
    await fill(page, { to: boris.phone, amount });
    const send = await review(page);
    await page.locator('[name=code]').fill(await code(anna.phone, () => send.click()));
  };
  await alone(anna.phone, async () => {
    await place(page, 'Send');
    await awaits('2');
    const late = await holdAnswer(page, '**/graphql', asksFor('ConfirmTransfer'));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await late.reached;
    await place(page, 'Home');
    await place(page, 'Send');
    await page.getByRole('heading', { name: 'Sent' }).waitFor();
    await page.getByRole('button', { name: 'Send another' }).click();
    await awaits('3');
    await late.letGo();
    await page.reload();
    await page.locator('[name=code]').waitFor();
    check((await page.locator('main').innerText()).includes('3.0'), 'an answer that comes late takes nothing of the next payment along');
  });
}

// loseAScreen comes before any reload: the service worker of a later page has every screen.
async function loseAScreen(house, page) {
  await page.evaluate(() => sessionStorage.setItem('keeper.reloaded', String(Date.now() + 3_600_000))); // it is taken anew once a minute at most, however long this takes
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
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await logIn(page, boris);
  await cut(false);
  await other.locator('header').filter({ hasText: 'Boris' }).waitFor();
  check(!(await other.locator('body').innerText()).includes('Anna'), 'another tab is wholly the person who is in');
  forgive(house, /401|graphql|ERR_INTERNET_DISCONNECTED|websocket/i);
}

// renewalsTakeTurns logs out while another tab's renewal has been done and not answered: its late cookie must not take the place of who logs in next.
async function renewalsTakeTurns(house, page) {
  const other = await page.context().newPage();
  await other.addInitScript(() => (AbortSignal.timeout = () => new AbortController().signal)); // a busy machine takes longer than the app waits
  const late = await holdAnswer(other, '**/web/session', (request) => request.method() === 'POST');
  await other.goto(base);
  await late.reached;
  let ended = 0;
  page.on('request', (request) => (ended += request.method() === 'DELETE' && request.url().endsWith('/web/session') ? 1 : 0));
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out', exact: true }).click();
  await page.waitForTimeout(TURN_MS);
  check(ended === 0, 'a log-out waits for the renewal that is under way in another tab');
  await late.letGo();
  await logIn(page, anna);
  check(ended === 1, 'and then ends the session');
  await page.reload();
  await page.locator('header').filter({ hasText: 'Anna' }).waitFor();
  ok('no late renewal ends the session of who logged in since');
  forgive(house, /401|graphql|websocket/i);
}

// takeNewVersion has a server of another version behind a service worker that has the old app, while a further tab keeps it from being let go of. One tab asks for
// what that server does not know, and the other one is told by the server itself that it knows no such subscription.
async function takeNewVersion(house) {
  const network = await Network.start();
  const page = await house.open('/', { ...DESK, ...INSTALLED, proxy: network.proxy });
  await logIn(page, boris);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await page.reload();
  await page.getByTestId('wallet').first().waitFor();
  const other = await page.context().newPage();
  const unsettle = await misnames(other, 'Live');
  await other.goto(base);
  await other.getByTestId('wallet').first().waitFor();
  network.rewrite('/index.html', (text) => text.replace('<head>', '<head><meta name="version" content="next">'));
  network.rewrite('/sw.js', (text) => text.replace('"index.html",revision:"', '$&next'));
  const isNew = (tab) => tab.locator('meta[name=version][content=next]').waitFor({ state: 'attached' });
  await place(page, 'Settings');
  await knowsNot(page, 'Contacts');
  const reloaded = page.waitForEvent('load');
  await page.getByRole('link', { name: 'Contacts' }).click();
  await reloaded;
  await page.unroute('**/graphql');
  await isNew(page);
  ok('an app that is older than its server is taken anew, whatever the service worker has and however many tabs are open');
  await unsettle();
  await isNew(other);
  ok('and where it is a subscription that the server does not know');
}

// misnames returns what ends a page's socket, and has the next ones ask for one operation by a name that no server knows, until the page is loaded anew.
async function misnames(page, operation) {
  let socket;
  let isWrong = false;
  await page.routeWebSocket(/\/graphql/, (ws) => {
    socket = ws;
    const server = ws.connectToServer();
    ws.onMessage((text) => {
      const message = JSON.parse(text);
      if (isWrong && message.payload?.operationName === operation) message.payload.extensions.persistedQuery.sha256Hash = '0'.repeat(64);
      server.send(JSON.stringify(message));
    });
  });
  return async () => {
    isWrong = true;
    const reloaded = page.waitForEvent('load');
    await socket.close();
    await reloaded;
    isWrong = false;
  };
}

// loadInParts has a part of the app not come to who opens it: it is loaded anew, and when that helps nothing there is a way out.
async function loadInParts(house) {
  const page = await house.open('/pages/favicon.svg', DESK);
  let loads = 0;
  page.on('request', (request) => void (loads += request.isNavigationRequest() ? 1 : 0));
  await page.route(/\/assets\/session-/, (route) => (loads === 1 ? route.abort() : route.fallback()));
  await page.goto(base);
  await page.getByLabel('WMID, phone, or email').waitFor();
  check(loads === 2, 'an app of which a part has not come is loaded anew by itself');

  await page.unroute(/\/assets\/session-/);
  await page.route(/\/assets\/session-/, (route) => route.abort());
  await page.reload();
  await page.getByRole('alert').filter({ hasText: 'couldn’t be loaded' }).waitFor();
  await house.accessible(page, 'an app that could not be loaded');
  await page.evaluate(() => localStorage.setItem('keeper.language', 'ru'));
  await button(page, 'Try again').click();
  await page.locator('html[lang=ru]').getByText('Не удалось загрузить приложение').waitFor();
  await page.evaluate(() => localStorage.removeItem('keeper.language'));
  await page.unroute(/\/assets\/session-/);
  await button(page, 'Повторить').click();
  await page.getByLabel('WMID, phone, or email').waitFor();
  ok('when that does not help it is said, and can be tried again');
  await page.context().close();
  forgive(house, /ERR_FAILED/);
}

// knowsNot has the server know no such operation, as an old app meets a new server.
function knowsNot(page, operation) {
  const json = { errors: [{ message: 'unknown', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }] };
  return page.route('**/graphql', (route) => (asksFor(operation)(route.request()) ? route.fulfill({ json }) : route.fallback()));
}
