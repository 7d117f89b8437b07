// What all checks of the web app share: the sizes, the people, and what a person does over and over.
import { WHERE } from './browser.mjs';
import { call, inbox, nextMessage, ok, sleep, WAIT_MS } from './lib.mjs';
import { Network } from './network.mjs';

// The three sizes that the app is made for.
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce', timezoneId: 'Europe/Moscow' };
export const TABLET = { viewport: { width: 820, height: 1180 }, hasTouch: true, reducedMotion: 'reduce', timezoneId: 'Europe/Moscow' };
export const DESK = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', timezoneId: 'Europe/Moscow' };

// What was sent and has not come by then never does.
export const NEVER_MS = 120_000;

// An app as it is once it was installed: its service worker has all of it.
export const INSTALLED = { serviceWorkers: 'allow' };

export const anna = { phone: '+79000000002', login: 'anna@purser.test', password: 'demo-password' };
export const boris = { phone: '+79000000003', login: 'boris@purser.test', password: 'demo-password' };

let people = 0;

// newPerson is somebody who has no account yet.
export function newPerson(firstName) {
  const serial = String(Date.now() + people++).slice(-7);
  return { firstName, serial, phone: `+7902${serial}`, email: `keeper-${serial}@purser.test`, password: `a long sentence ${serial}` };
}

// place goes to a place by whichever bar the screen shows.
export const place = async (page, name) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).filter({ visible: true }).first().click();

const busy = new Map();

// alone lets one check at a time do something that sends a code to a phone: which code is whose could not be told otherwise.
export async function alone(phone, body) {
  const before = busy.get(phone) ?? Promise.resolve();
  const mine = before.then(body);
  busy.set(phone, mine.catch(() => {}));
  return mine;
}

// code does something and reads the code that it sends to a phone.
export async function code(to, action) {
  const { message } = await nextMessage(to, (m) => m.code, action);
  return message.code;
}

// withCode does something, and confirms it with the code that it sends to a phone.
export const withCode = (page, phone, action, before = async () => {}) =>
  alone(phone, async () => {
    const digits = await code(phone, action);
    await page.locator('[name=code]').fill(digits);
    await before();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.locator('[name=code]').waitFor({ state: 'detached' });
    return digits;
  });

// newest waits for a code that is not the one before.
export async function newest(to, before) {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(200)) {
    const found = (await inbox(to)).find((m) => m.code);
    if (found && found.code !== before) return found.code;
  }
  throw new Error(`no new code for ${to}`);
}

export async function logIn(page, person) {
  await page.getByLabel('WMID, phone, or email').fill(person.login ?? person.phone);
  await page.locator('[name=password]').fill(person.password);
  await withCode(page, person.phone, () => page.getByRole('button', { name: 'Log in', exact: true }).click(), () => page.getByLabel('Don’t ask for a code in this browser').check());
  await page.getByTestId('wallet').first().waitFor();
  ok(`${person.login ?? person.phone} logs in with a code`);
}

// tokenOf logs a person in outside the browser, and returns what opens the API.
export const tokenOf = (person, device = 'e2e') =>
  alone(person.phone, async () => {
    const { message, result } = await nextMessage(person.phone, (m) => m.code, () =>
      call('LogIn', { input: { login: person.login, password: person.password, device: { name: device, platform: 'OTHER' } } }));
    const { tokens } = await call('ConfirmLogIn', { input: { challengeId: result.challenge.id, code: message.code } });
    return tokens.accessToken;
  });

// payLinkBy makes a link that asks for money to a wallet of whose token it is, the first one where none is named, and returns what an address carries of it.
export async function payLinkBy(token, { walletNumber, ...asked }) {
  walletNumber ??= (await call('Wallets', {}, token)).wallets[0].number;
  const { link } = await call('PaymentLink', { input: { walletNumber, ...asked } }, token);
  return new URLSearchParams(new URL(link.url).hash.slice(1)).get('token');
}

export const button = (page, name) => page.getByRole('button', { name, exact: true });

// go opens a screen behind the settings as people do.
export async function go(page, name) {
  await page.getByRole('navigation').getByRole('link', { name: 'Settings', exact: true }).filter({ visible: true }).first().click();
  await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

// fill writes what is to be sent.
export async function fill(page, { to, amount, memo }) {
  await page.locator('[name=to]').fill(to);
  await page.locator('[name=amount]').fill(amount);
  if (memo) await page.getByLabel('Memo (optional)').fill(memo);
}

// drawn waits until a page has drawn what it knows by now.
export const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// stepIsThere waits until a step of a screen is in the history, and the app has taken notice of that, a moment later.
export async function stepIsThere(page) {
  await page.waitForFunction(() => history.state?.usr?.step);
  await page.waitForTimeout(300);
  await drawn(page);
}

// arrival waits from now on for what a screen tells for some seconds when money comes.
export const arrival = (page, amount) => passing(page.getByText(`+${amount} WMZ from`));

// passing waits from now on for what is shown for a while only.
export function passing(locator) {
  const told = locator.waitFor({ timeout: 2 * WAIT_MS });
  told.catch(() => {}); // whoever waits for it hears of it
  return told;
}

// review goes on to the last look at what was filled in, and returns the button that sends it.
export async function review(page) {
  await button(page, 'Review').click(); // it waits for the quote
  const send = page.getByRole('button', { name: /^Send \d/ });
  await send.waitFor();
  return send;
}

// send sends it, with a code, and waits for what becomes of it.
export async function send(page, payer, what, outcome = 'Sent') {
  await place(page, 'Send');
  await fill(page, what);
  const button = await review(page);
  await withCode(page, payer.phone, () => button.click());
  await page.getByRole('heading', { name: outcome }).waitFor();
}

// linkFor has the screen of what is to be received make a link for an amount, and waits until it stands there.
export async function linkFor(page, amount) {
  const before = await page.getByTestId('link').getAttribute('title');
  await page.getByLabel('Amount (optional)').fill(amount);
  await button(page, 'Update the link').click();
  await page.waitForFunction((was) => (document.querySelector('[data-testid=link]')?.title ?? was) !== was, before);
  return page.getByTestId('link').getAttribute('title');
}

// numberOf is the number of the first wallet of a currency, as the home screen shows it.
export const numberOf = async (page, currency = 'WMZ') =>
  (await page.getByTestId('wallet').filter({ hasText: currency }).first().innerText()).match(/[A-Z](\s\d{4}){3}/)[0].replace(/\s/g, '');

// forgive forgets what was cut, or refused, on purpose.
export function forgive(house, pattern) {
  const kept = house.trouble.filter((line) => !pattern.test(line.split(WHERE)[0]));
  house.trouble.splice(0, Infinity, ...kept);
}

// tap is done in the page: what the service worker says when a notification is tapped.
export function tap(path) {
  navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { path } }));
}

// holdAnswer has the server do what is asked, and keeps its answer until it is let go, or lost. Letting it go tells whether it was still waited for.
export async function holdAnswer(page, address, isMeant, { lost = false } = {}) {
  let letGo, reach;
  const held = new Promise((go) => (letGo = go));
  const reached = new Promise((go) => (reach = go));
  const answers = [];
  let asked;
  const handle = (route) => {
    if (!isMeant(route.request())) return route.fallback();
    asked ??= route.request();
    const answered = (async () => {
      const response = await route.fetch();
      reach();
      await held;
      const given = lost ? route.abort() : route.fulfill({ response }).then(() => route.request().response()).then((it) => it?.finished());
      await given.catch(() => {}); // who asked may be gone
    })();
    answers.push(answered);
    return answered;
  };
  await page.route(address, handle);
  return {
    reached,
    letGo: async () => {
      letGo();
      await Promise.all(answers);
      await page.unroute(address, handle);
      return asked.failure() === null;
    },
  };
}

// asksFor tells the requests of one operation.
export const asksFor = (operation) => (request) => request.postData()?.includes(`"${operation}"`) ?? false;

// CUT is what a browser complains of when its network goes.
export const CUT = /ERR_|status of 401|WebSocket connection|: Event$/;

// besideANetwork has boris on a phone, behind a network that can go, and anna at a desk.
export async function besideANetwork(house) {
  const network = await Network.start();
  const phone = await house.open('/', { ...PHONE, ...INSTALLED, proxy: network.proxy });
  await logIn(phone, boris);
  await phone.evaluate(() => navigator.serviceWorker.ready.then(() => {})); // it has the app by then, also without a network
  const desk = await house.open('/', DESK);
  await logIn(desk, anna);
  return { network, phone, desk, annas: await numberOf(desk), boriss: await numberOf(phone) };
}
