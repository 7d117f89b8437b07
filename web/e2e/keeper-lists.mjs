// node keeper-lists.mjs <baseURL>: what lies behind the first page of a list: each row once, no answer of another list, and a failure that is told.
import { runInBrowser } from './browser.mjs';
import { call, check, soon } from './lib.mjs';
import { anna, asksFor, boris, button, DESK, drawn, forgive, logIn, place, tokenOf } from './keeper-lib.mjs';

const MOVED = 30; // more than a page of 20, less than two

await runInBrowser(async (house) => {
  const page = await house.open('/', DESK);
  await logIn(page, boris);
  await failsWhole(page);
  const wallet = await move(boris);
  await move(anna);
  for (const [path, rows] of [['/history', 'transfer'], [`/wallets/${wallet}`, 'entry']]) {
    await page.goto(new URL(path, page.url()).href);
    await failsFirst(house, page, rows);
    await pressedTwice(page, rows);
  }
  await comesBack(page);
  await comesLate(page);
  await soughtByName(page);
  await leavesWhileItSearches(page);
  await changesHands(house, page);
  forgive(house, /ERR_FAILED|status of 401/);
});

// failsWhole lets nothing be known: that is not called empty.
async function failsWhole(page) {
  const fails = (route) => (/"(Home|Wallets)"/.test(route.request().postData() ?? '') ? route.fulfill({ json: { errors: [{ message: 'No.', extensions: { code: 'INTERNAL' } }] } }) : route.fallback());
  await page.route('**/graphql', fails);
  for (const path of ['/', '/wallets']) {
    await page.goto(new URL(path, page.url()).href);
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).waitFor();
    check((await page.getByText('No wallets yet').count()) === 0, `${path}: what could not be asked for is not called empty`);
  }
  await page.unroute('**/graphql', fails);
}

// move sends money to and fro between two wallets of one person, which takes no code, and returns the number of the one that is new.
async function move(person) {
  const token = await tokenOf(person);
  const { wallets } = await call('Wallets', {}, token);
  const first = wallets.map((w) => w.number).find((number) => number.startsWith('Z'));
  const { wallet } = await call('OpenWallet', { input: { currency: 'Z', name: 'To and fro' } }, token);
  for (let i = 0; i < MOVED; i++) {
    const [from, to] = i % 2 === 0 ? [first, wallet.number] : [wallet.number, first];
    await call('CreateTransfer', { input: { from, to: { walletNumber: to }, amount: '1', memo: `row ${i}`, idempotencyKey: crypto.randomUUID() } }, token);
  }
  return wallet.number;
}

// comesBack: who looks at what lies far down, and comes back, is where they were; and news takes nothing of it away.
async function comesBack(page) {
  await place(page, 'Home');
  await place(page, 'History');
  await button(page, 'Show more').click();
  const row = page.getByTestId('transfer').filter({ hasText: 'row 4' }).last();
  await row.click();
  await page.locator('dl.facts').waitFor();
  await page.goBack();
  await row.waitFor();
  await soon(() => row.evaluate((at) => at.getBoundingClientRect().top >= 0 && at.getBoundingClientRect().top < innerHeight), true, 'who comes back to a list is where they left it');
  const slow = async (route) => {
    if (isMore(route.request())) await new Promise((go) => setTimeout(go, 1_000));
    return route.fallback();
  };
  await page.route('**/graphql', slow);
  const token = await tokenOf(boris);
  const [from, to] = (await call('Wallets', {}, token)).wallets.map((w) => w.number).filter((number) => number.startsWith('Z'));
  await call('CreateTransfer', { input: { from, to: { walletNumber: to }, amount: '1', memo: 'news', idempotencyKey: crypto.randomUUID() } }, token);
  await page.getByTestId('transfer').filter({ hasText: 'news' }).waitFor();
  check((await page.getByTestId('transfer').count()) > MOVED && (await row.isVisible()), 'news leaves what was loaded further down, also while it is loaded again');
  await page.unroute('**/graphql', slow);
  await page.goto(new URL('/', page.url()).href); // the next list is asked for anew, and nothing is pressed while it is
}

// changesHands: tabs that know of no network show what is kept; when there is one, somebody else is in. Further pages do not come, and in one of them at first
// not who it is either.
async function changesHands(house, page) {
  await page.goto(new URL('/', page.url()).href);
  await place(page, 'History');
  await button(page, 'Show more').click();
  await soon(() => page.getByTestId('transfer').count(), (rows) => rows > MOVED, 'two pages are there');
  const [gone, stays] = [await lookAtKept(page), await lookAtKept(page)];
  await gone.tab.getByTestId('transfer').filter({ hasText: 'row 4' }).last().click();
  await place(page, 'Settings');
  await button(page, 'Log out').click();
  await logIn(page, anna);
  await gone.connect(isMore);
  await gone.tab.locator('header').filter({ hasText: 'Anna' }).waitFor();
  await gone.tab.goBack();
  const { tab } = stays;
  const asksWho = (request) => isMore(request) || asksFor('Me')(request);
  await stays.connect(asksWho);
  await button(tab, 'Try again').waitFor();
  check((await tab.getByText(/Boris|row \d/).count()) === 0, 'nobody is taken for whoever was in before');
  stays.cut(isMore);
  await button(tab, 'Try again').click();
  await tab.locator('header').filter({ hasText: 'Anna' }).waitFor();
  for (const one of [gone.tab, tab]) {
    await one.getByTestId('transfer').first().waitFor();
    await drawn(one);
    check((await one.getByTestId('transfer').count()) <= 20, 'nobody is shown the rows of whoever was in before');
  }
}

// lookAtKept opens a tab that reaches no server, at a list with its further page.
async function lookAtKept(page) {
  const tab = await page.context().newPage();
  let isCut = () => true;
  for (const address of ['**/web/session', '**/graphql']) await tab.route(address, (route) => (isCut(route.request()) ? route.abort() : route.fallback()));
  await tab.goto(new URL('/history', page.url()).href);
  await button(tab, 'Show more').click();
  await soon(() => tab.getByTestId('transfer').count(), (rows) => rows > MOVED, 'and without a network');
  const cut = (what) => (isCut = what);
  const connect = (butFor) => {
    cut(butFor);
    return tab.evaluate(() => dispatchEvent(new Event('online')));
  };
  return { tab, cut, connect };
}

// soughtByName has one contact more than a page of them, which is sought by its name: nothing but the first page is asked for before.
async function soughtByName(page) {
  const afar = { __typename: 'Contact', id: 'afar', name: 'Zoe from afar', displayName: 'Zoe A.', wmid: '100000000008', walletNumber: null };
  const asked = [];
  await page.route('**/graphql', async (route) => {
    const { operationName, variables } = route.request().postDataJSON() ?? {};
    if (operationName === 'Contacts' && !variables.after) {
      const answer = await (await route.fetch()).json();
      answer.data.viewer.contacts.nodes.push({ ...afar, id: 'near', name: 'Yan from near', wmid: '100000000016' });
      answer.data.viewer.contacts.pageInfo = { __typename: 'PageInfo', hasNextPage: true, endCursor: 'behind' };
      return route.fulfill({ json: answer });
    }
    if (!operationName.startsWith('Contact')) return route.fallback();
    if (operationName === 'ContactNames') asked.push(variables.after);
    if (asked.length === 1) return route.abort();
    const contacts = { nodes: [afar], pageInfo: { __typename: 'PageInfo', hasNextPage: false, endCursor: null } };
    return route.fulfill({ json: { data: { viewer: { __typename: 'Account', id: 'me', incomingPolicy: 'EVERYONE', contacts, suggestedContacts: [] } } } });
  });
  const known = page.waitForResponse((r) => r.request().postData()?.includes('"Contacts"') ?? false);
  await place(page, 'Send');
  await (await known).finished();
  await page.locator('[name=to]').click();
  check(asked.length === 0, 'whoever opens a payment asks for no more than the first contacts');
  const failed = page.waitForEvent('requestfailed');
  await page.locator('[name=to]').pressSequentially('zoe');
  await failed;
  await page.locator('[name=to]').pressSequentially(' from');
  await page.getByRole('option', { name: 'Zoe from afar' }).waitFor();
  check(asked.length === 2 && asked.every((after) => after === 'behind'), `a contact behind the first page is found by name, and asked for again when it did not come: ${asked}`);

  await place(page, 'Settings');
  await page.getByRole('link', { name: 'Contacts' }).click();
  await page.getByTestId('contact').first().waitFor();
  await button(page, 'Show more').click();
  await page.getByTestId('contact').filter({ hasText: 'Zoe from afar' }).waitFor();
  check((await button(page, 'Show more').count()) === 0, 'and shown behind the others');
  await page.unroute('**/graphql');
}

// isMore tells a request for what lies behind the first page.
function isMore(request) {
  return /"(History|WalletPage)"/.test(request.postData() ?? '') && /"after":"/.test(request.postData());
}

// pressMore presses the button again and again, as an impatient hand does, before anything can have come.
async function pressMore(page) {
  await button(page, 'Show more').evaluate((more) => { for (let i = 0; i < 3; i++) more.click(); });
}

async function failsFirst(house, page, rows) {
  await page.getByTestId(rows).nth(19).waitFor();
  await page.locator('button:not([data-loading])', { hasText: 'Show more' }).waitFor();
  await page.route('**/graphql', (route) => (isMore(route.request()) ? route.abort() : route.fallback()));
  await pressMore(page);
  await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
  check((await page.getByTestId(rows).count()) === 20, `${rows}: when the next page does not come it is said, and what is shown stays`);
  await house.accessible(page, `a list that is not loaded on: ${rows}`);
  await page.unroute('**/graphql');
}

async function pressedTwice(page, rows) {
  let requests = 0;
  const count = (request) => void (requests += isMore(request) ? 1 : 0);
  page.on('request', count);
  await pressMore(page);
  await button(page, 'Show more').waitFor({ state: 'detached' });
  page.off('request', count);
  check((await page.getByRole('alert').count()) === 0, `${rows}: what failed is forgotten when it succeeds`);
  const shown = await page.getByTestId(rows).evaluateAll((found) => found.map((row) => row.getAttribute('href')));
  check(requests === 1 && shown.length >= MOVED && new Set(shown).size === shown.length, `${rows}: whoever presses thrice has each row once (${shown.length} rows, ${requests} request)`);
}

// comesLate holds the answer to a request for more back until another list is shown.
async function comesLate(page) {
  await place(page, 'History');
  await page.getByTestId('transfer').nth(19).waitFor();
  await page.locator('button:not([data-loading])', { hasText: 'Show more' }).waitFor();
  let letGo;
  const held = new Promise((go) => (letGo = go));
  await page.route('**/graphql', async (route) => {
    if (isMore(route.request())) await held;
    return route.fallback();
  });
  const asked = page.waitForRequest(isMore);
  await button(page, 'Show more').click();
  await asked;
  await page.getByLabel('Search memos').fill('row 7');
  await page.getByTestId('transfer').nth(1).waitFor({ state: 'detached' });
  const answered = page.waitForResponse((response) => isMore(response.request()));
  letGo();
  await (await answered).finished();
  await drawn(page);
  const memos = await page.getByTestId('transfer').allInnerTexts();
  check(memos.length === 1 && /row 7/.test(memos[0]), 'an answer that comes after the filter has changed is not appended to the other list');
}

// leavesWhileItSearches: the next page is not loaded yet when what was typed is searched for.
async function leavesWhileItSearches(page) {
  let letGo;
  const held = new Promise((go) => (letGo = go));
  await page.goto(new URL('/history', page.url()).href);
  const chunk = /\/assets\/send-/;
  await page.route(chunk, async (route) => {
    await held;
    return route.fallback();
  });
  const asked = page.waitForRequest((request) => chunk.test(request.url()));
  await page.getByLabel('Search memos').evaluate((field) => { // both before anything is searched for
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, 'row 8');
    field.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('nav a[href="/send"]').click();
  });
  await asked;
  await soon(() => page.getByTestId('transfer').filter({ hasText: 'row 8' }).count(), 1, 'what is typed is searched for while the next page is on its way');
  await drawn(page);
  letGo();
  await page.locator('[name=to]').waitFor();
  check(new URL(page.url()).pathname === '/send', 'a search does not lead back from where one has gone');
}
