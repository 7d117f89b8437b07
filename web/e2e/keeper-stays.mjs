// node keeper-stays.mjs <baseURL>: the web app where a code is asked for again, where time runs out or a session ends behind one's back, and where the keyboard is left.
import { runInBrowser } from './browser.mjs';
import { call, check, ok, soon, WAIT_MS } from './lib.mjs';
import { anna, boris, button, code, DESK, drawn, fill, forgive, logIn, newest, numberOf, place, review, tokenOf, withCode } from './keeper-lib.mjs';

const wrongFor = (digits, n) => String((Number(digits) + 1 + n) % 1_000_000).padStart(6, '0');

const focused = (page) => page.evaluate(() => (document.activeElement === document.body ? 'nothing' : `${document.activeElement.tagName} ${document.activeElement.textContent}`));

await runInBrowser(async (house) => {
  const page = await house.open('/', DESK);
  await logIn(page, anna);
  const other = await house.open('/', DESK);
  await logIn(other, boris);
  const to = await numberOf(other);
  await anotherCode(page, to);
  await noOtherCode(page);
  await timeRunsOut(page, to);
  await memoAsPasted(page, to);
  await nothingHides(page);
  await keyboardStays(house, page);
  await sessionEnds(page, to);
  await sessionIsLeft(page);
  forgive(house, /status of 401/);
});

async function begin(page, what) {
  await place(page, 'Send');
  await fill(page, what);
  return review(page);
}

// anotherCode: what the last code was refused for is over with the next one.
async function anotherCode(page, to) {
  const sendIt = await begin(page, { to, amount: '2', memo: 'another code' });
  const digits = await code(anna.phone, () => sendIt.click());
  const field = page.locator('[name=code]');
  for (let n = 0; n < 5; n++) {
    await field.fill(wrongFor(digits, n));
    await button(page, 'Confirm').click();
    await page.getByRole('alert').filter({ hasText: n < 4 ? `${4 - n} attempt` : 'Wrong code. Request a new one.', visible: true }).waitFor();
  }
  ok('the last wrong code asks for another one');
  await button(page, 'Send a new code').click();
  const anew = await newest(anna.phone, digits);
  await page.getByText('We sent a new code to').waitFor();
  check((await field.inputValue()) === '' && (await page.getByRole('alert').filter({ visible: true }).count()) === 0, 'a new code is told of, and what the last one was refused for is over');
  await field.fill(anew);
}

// noOtherCode: no code is sent for the sixth time, and the fifth is good still.
async function noOtherCode(page) {
  let last = await page.locator('[name=code]').inputValue();
  for (let sent = 2; sent < 5; sent++) {
    await page.locator('button:not([disabled])', { hasText: 'Send a new code' }).click();
    last = await newest(anna.phone, last);
  }
  await page.locator('button:not([disabled])', { hasText: 'Send a new code' }).click();
  await page.getByText('No more codes can be sent. Enter the last one while it works, or start again.').waitFor();
  await page.locator('[name=code]').fill(last);
  await button(page, 'Confirm').click();
  await page.getByRole('heading', { name: 'Sent', exact: true }).or(page.getByRole('heading', { name: 'Expired' })).waitFor(); // on a slow machine its time is over by now
  ok('where no other code is sent that is said, and not that the last one is dead');
}

// timeRunsOut: a payment whose time is over says so by itself.
async function timeRunsOut(page, to) {
  const sendIt = await begin(page, { to, amount: '2', memo: 'too late' });
  await code(anna.phone, () => sendIt.click());
  await page.locator('[name=code]').waitFor();
  await page.getByRole('heading', { name: 'Expired' }).waitFor({ timeout: 2 * WAIT_MS });
  ok('a payment that nobody confirmed in time is told to have expired, without a press');
}

// memoAsPasted: what comes along with a pasted text, and is not seen, is left out of it.
async function memoAsPasted(page, to) {
  await place(page, 'Send');
  await fill(page, { to, amount: '2' });
  await page.getByLabel('Memo (optional)').fill('rent\tfor \u202eMay\u200f 👩‍👧');
  check((await page.getByLabel('Memo (optional)').inputValue()) === 'rent for May 👩‍👧', 'what is pasted into a memo loses what nobody sees');
  const sendIt = await review(page);
  await withCode(page, anna.phone, () => sendIt.click());
  await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
  await page.goBack();
  await drawn(page);
  check(await page.getByRole('heading', { name: 'Sent', exact: true }).isVisible(), 'going back from a payment leaves it told, and fills in no other');
}

// nothingHides: a log-in from elsewhere is told however many things have happened since.
async function nothingHides(page) {
  await tokenOf(anna, 'a stranger’s phone');
  for (let i = 0; i < 11; i++) await call('LogOut', {}, await tokenOf(anna, 'my laptop'));
  await place(page, 'Home');
  await page.reload();
  await page.getByTestId('alerts').getByText('a stranger’s phone').waitFor();
  ok('what somebody did is told, however much has happened since');
  await place(page, 'Security');
  const log = page.locator('section[aria-labelledby=log]');
  await log.getByText('my laptop').first().waitFor();
  check((await log.getByText('a stranger’s phone').count()) === 0, 'the log begins with the newest');
  await log.getByRole('button', { name: 'Show more' }).click();
  await log.getByText('a stranger’s phone').waitFor();
  ok('and goes on');
}

// keyboardStays: who has used what is gone then is left near it.
async function keyboardStays(house, page) {
  await page.getByRole('button', { name: 'Log out: a stranger’s phone' }).press('Enter');
  await page.getByRole('button', { name: 'Log out: a stranger’s phone' }).waitFor({ state: 'detached' });
  await soon(() => focused(page), /^SECTION .*Devices|^SECTION .*This device/, 'who logs a device out is left among the devices');
  await place(page, 'Home');
  const seen = button(page.getByTestId('alerts'), 'Yes, it was me');
  await soon(() => seen.isEnabled(), true, 'what has happened is all there before it can be called seen');
  const twin = await house.another(page.context(), '/');
  await twin.getByTestId('alerts').waitFor();
  await seen.press('Enter');
  await page.getByTestId('alerts').waitFor({ state: 'detached' });
  await twin.getByTestId('alerts').waitFor({ state: 'detached' });
  await twin.close();
  ok('what was seen in one tab is seen in the other');
  await soon(() => focused(page), (at) => at !== 'nothing', 'who has read a notice is on the page still');
  await page.getByTestId('wallet').first().press('Enter');
  await page.getByTestId('entry').first().waitFor();
  await soon(() => focused(page), /^H1 /, 'who opens a wallet begins at its heading');
  await page.getByRole('button', { name: /^More: / }).press('Enter');
  await page.getByRole('menuitem', { name: 'Rename' }).press('Enter');
  await page.getByRole('dialog').getByRole('textbox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await soon(() => focused(page), (at) => at !== 'nothing', 'who thinks better of a name is on the page still');
}

// sessionEnds: what was typed when a session ended is there for the same person, and for nobody else.
async function sessionEnds(page, to) {
  await place(page, 'Send');
  await fill(page, { to, amount: '1.11', memo: 'typed before' });
  await page.getByTestId('quote').locator('dl').waitFor();
  await endElsewhere(page);
  await logInTo(page, anna);
  await soon(() => page.locator('[name=amount]').inputValue(), '1.11', 'who logs in again goes on with what was typed');
  check((await page.getByLabel('Memo (optional)').inputValue()) === 'typed before' && (await page.locator('[name=to]').inputValue()).replace(/\s/g, '') === to, 'all of it');
  await page.getByTestId('quote').locator('dl').waitFor();
  await endElsewhere(page);
  await logInTo(page, boris);
  await page.locator('[name=amount]').waitFor();
  await drawn(page);
  check((await page.locator('[name=amount]').inputValue()) === '' && (await page.locator('[name=to]').inputValue()) === '', 'another person finds none of it');
}

async function endElsewhere(page) {
  await call('EndOtherSessions', {}, await tokenOf(anna));
  await page.getByText('Your session has ended. Log in again.').waitFor();
}

// sessionIsLeft: who logs out is told of no end; and what was refused in one language is gone with it.
async function sessionIsLeft(page) {
  await place(page, 'Settings');
  await page.getByRole('checkbox', { name: 'Money received: Email' }).waitFor(); // what is asked for when a session ends is refused
  await button(page, 'Log out').click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  check((await page.getByText('Your session has ended').count()) === 0, 'who logs out is not told that the session has ended');
  await page.getByLabel('WMID, phone, or email').fill(anna.login);
  await page.locator('[name=password]').fill('no password of hers');
  await button(page, 'Log in').click();
  await page.getByRole('alert').waitFor();
  await button(page, 'Русский').click();
  await page.getByRole('heading', { name: 'Вход' }).waitFor();
  check((await page.getByRole('alert').count()) === 0, 'what was refused in one language does not stand in the other');
}

async function logInTo(page, person) {
  await page.getByLabel('WMID, phone, or email').fill(person.login);
  await page.locator('[name=password]').fill(person.password);
  const before = page.getByRole('button', { name: 'Log in', exact: true });
  await Promise.race([withCode(page, person.phone, () => before.click()), page.locator('[name=amount]').waitFor()]); // a trusted browser needs no code
}
