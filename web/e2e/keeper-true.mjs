// node keeper-true.mjs <baseURL>: what the web app tells of money and of people is true, also where it is typed anew, comes late, fails or is made up by somebody.
import { createHmac } from 'node:crypto';
import { runInBrowser } from './browser.mjs';
import { base, check, ok, soon } from './lib.mjs';
import { alone, anna, arrival, asksFor, boris, button, code, CUT, DESK, drawn, fill, forgive, holdAnswer, linkFor, logIn, NEVER_MS, numberOf, passing, PHONE, place, review, withCode } from './keeper-lib.mjs';

const STILL_MS = 60_000; // the app's own
const BROKEN = { errors: [{ message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL', reference: 'b7c1f0' } }] };
const isOf = (route, operation) => route.request().postData()?.includes(`"${operation}"`);

await runInBrowser(async (house) => {
  const desk = await house.open('/', DESK);
  await logIn(desk, anna);
  const phone = await house.open('/', PHONE);
  await logIn(phone, boris);
  const boriss = await numberOf(phone);

  await daysAreTypedAnew(desk, boriss);
  await longAmount(desk, boriss);
  await protectionIsJudgedAtItsField(desk, boriss);
  await feeIsTheRecipients(desk, phone, boriss);
  await protectedIsNotCome(desk, phone, boriss);
  await awaitingHasNoSign(desk, boriss);
  await confirmedElsewhere(desk, boriss);
  await linkIsSlowOrFails(desk, phone);
  await ownMove(desk);
  await twoWaysAtOnce(desk);
  await wrongCodeIsLeftBehind(house);
  await anothersChange(house);
  await droppedIsNotSent(house, boriss);
  await documentIsSlow(house);
  await appIsOnAllTheSame(house);
  forgive(house, CUT);
});

// anew begins a payment, whatever the one before has come to.
async function anew(page) {
  await place(page, 'Home');
  await place(page, 'Send');
}

async function daysAreTypedAnew(page, to) {
  await anew(page);
  await fill(page, { to, amount: '10' });
  await page.getByText('For a set time').click();
  const days = page.getByLabel('Term, days');
  await days.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('14');
  await page.keyboard.press('Tab');
  await soon(() => days.inputValue(), '14', 'a term is what is typed, digit by digit');
  await review(page);
  await page.getByTestId('review').getByText('For 14 days').waitFor();
}

// longAmount: an amount that is longer than any breaks no screen, and none is taken from an address that somebody made up: that is for payment links, which are signed.
async function longAmount(page, to) {
  await page.goto(`${base}/send?to=${to}&amount=5&memo=rent`);
  await page.locator('[name=amount]').waitFor();
  check((await page.locator('[name=amount]').inputValue()) === '', 'no amount is taken from an address');
  await page.locator('[name=amount]').fill(`0.${'1'.repeat(110)}`);
  check(await button(page, 'Review').isDisabled(), 'an amount that is longer than any is not sent');
}

async function protectionIsJudgedAtItsField(page, to) {
  await anew(page);
  await fill(page, { to, amount: '10' });
  await page.getByText('With a code', { exact: true }).click();
  await page.getByLabel(/^Protection code/).fill('abc');
  await page.keyboard.press('Tab');
  await page.locator('[aria-invalid=true]').waitFor();
  await soon(() => button(page, 'Review').isDisabled(), true, 'a code that is too short is told at its field, before anything is sent');
}

// feeIsTheRecipients: lists, the note of an arrival and what can be sent back all say what has come.
async function feeIsTheRecipients(desk, phone, to) {
  await place(phone, 'Home');
  await anew(desk);
  await fill(desk, { to, amount: '100', memo: 'the fee is yours' });
  await desk.getByRole('switch', { name: 'The recipient pays the fee' }).check();
  const sendIt = await review(desk);
  const told = arrival(phone, '99.20');
  await withCode(desk, anna.phone, () => sendIt.click());
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  await told;
  const row = phone.getByTestId('transfer').filter({ hasText: 'the fee is yours' });
  await row.filter({ hasText: '+99.20' }).waitFor();
  ok('where the recipient pays the fee, what has come is told');
  await row.click();
  await button(phone, 'Send back…').click();
  await soon(() => phone.getByLabel('Amount to send back').inputValue(), '99.20', 'what has come is what is offered to be sent back');
  await phone.getByText('Up to 100.00 WMZ · you received 99.20 WMZ').waitFor();
  await button(phone, 'Cancel').click();
}

// protectedIsNotCome: money that awaits its code is not told as come; once a code was tried it is not offered to be taken back; who sent it sees that it was taken.
async function protectedIsNotCome(desk, phone, to) {
  await place(phone, 'Home');
  await anew(desk);
  await fill(desk, { to, amount: '50', memo: 'behind a code' });
  await desk.getByText('With a code', { exact: true }).click();
  await desk.getByLabel(/^Protection code/).fill('4711');
  const sendIt = await review(desk);
  const told = passing(phone.getByText('50.00 WMZ is on its way to you with protection'));
  await withCode(desk, anna.phone, () => sendIt.click());
  await desk.getByText('Boris Ivanov has 50.00 WMZ waiting. Tell them the code 4711').waitFor();
  await told;
  const row = phone.getByTestId('transfer').filter({ hasText: 'behind a code' });
  check(!/[+−]50/.test(await row.innerText()), 'what awaits its code has no sign');
  const details = await desk.context().newPage();
  await details.goto(`${base}/history`);
  await details.getByTestId('transfer').filter({ hasText: 'behind a code' }).click();
  await button(details, 'Cancel transfer').click();
  await row.click();
  await phone.getByLabel('Protection code').fill('4712');
  await button(phone, 'Accept').click();
  await phone.locator('[aria-invalid=true]').waitFor();

  await button(details.getByRole('dialog'), 'Cancel transfer').click(); // asked before, and too late
  await details.getByText('you can no longer cancel this transfer').waitFor();
  await details.getByRole('dialog').waitFor({ state: 'detached' });
  check((await button(details, 'Cancel transfer').count()) === 0, 'what can no longer be taken back is told to be so, and is not offered any more');
  await details.close();

  await phone.getByLabel('Protection code').fill('4711');
  await button(phone, 'Accept').click();
  await phone.getByText('Completed').first().waitFor();
  await desk.getByText('The recipient has the money.').waitFor();
  ok('who waits on the screen of what was sent sees that it was taken');
}

// confirmedElsewhere: whose tab is gone has the code all the same, and confirms where the transfer is found again.
async function confirmedElsewhere(page, to) {
  await anew(page);
  await fill(page, { to, amount: '12', memo: 'confirmed elsewhere' });
  const sendIt = await review(page);
  await alone(anna.phone, async () => {
    const digits = await code(anna.phone, () => sendIt.click());
    const other = await page.context().newPage();
    await other.goto(`${base}/history`);
    await other.getByTestId('transfer').filter({ hasText: 'confirmed elsewhere' }).click();
    await other.locator('[name=code]').fill(digits === '000000' ? '000001' : '000000');
    await button(other, 'Confirm').click();
    await other.locator('[name=code][aria-invalid=true]').waitFor();
    await other.locator('[name=code]').fill(digits);
    const late = await holdAnswer(other, '**/graphql', asksFor('ConfirmTransfer'), { lost: true });
    await button(other, 'Confirm').click();
    await late.reached;
    await other.context().setOffline(true);
    await late.letGo();
    await other.getByText('We don’t know yet whether').waitFor();
    await other.context().setOffline(false);
    await other.getByText('Completed').first().waitFor(); // without a press
    await other.close();
  });
  await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
  ok('a transfer can be confirmed where it is found again, also where no answer comes, and the tab that began it hears of it');
}

async function awaitingHasNoSign(page, to) {
  await anew(page);
  await fill(page, { to, amount: '11', memo: 'not moved' });
  const sendIt = await review(page);
  await alone(anna.phone, async () => {
    await code(anna.phone, () => sendIt.click());
    await place(page, 'History');
    const row = page.getByTestId('transfer').filter({ hasText: 'not moved' });
    await row.waitFor();
    check(!/[+−]11/.test(await row.innerText()), 'what has not moved has no sign');
    await row.click();
    await button(page, 'Cancel transfer').click();
  });
  await page.getByText('You canceled it. No money has moved.').waitFor();
  await place(page, 'Send');
  await page.getByRole('heading', { name: 'Canceled' }).waitFor(); // which is told before the next
  await button(page, 'Send another').click();
}

// linkIsSlowOrFails: nothing is typed over by a link that comes late; one that cannot be read says so; what was paid is not asked for by a reload.
async function linkIsSlowOrFails(desk, phone) {
  await place(phone, 'Receive');
  const made = await linkFor(phone, '5');
  const pay = `/send#pay=${new URLSearchParams(new URL(made).hash.slice(1)).get('token')}`;

  let fails = true;
  await desk.route('**/graphql', (route) => (isOf(route, 'PayRequest') && fails ? route.fulfill({ json: BROKEN }) : route.fallback()));
  await desk.goto(base + pay);
  await desk.getByText('Something went wrong on our side.').waitFor();
  fails = false;
  await button(desk, 'Try again').click();
  await desk.getByTestId('quote').getByText('Boris Ivanov').waitFor();
  ok('a payment link that cannot be read says so, and can be asked for again');
  await desk.unroute('**/graphql');

  let letGo, asked;
  const [goes, isAsked] = [new Promise((go) => (letGo = go)), new Promise((is) => (asked = is))];
  await desk.route('**/graphql', async (route) => {
    if (isOf(route, 'PayRequest')) asked(), await goes;
    return route.fallback();
  });
  await desk.goto('about:blank');
  await desk.goto(base + pay);
  await isAsked;
  await desk.locator('main [aria-busy=true]').first().waitFor();
  check((await desk.locator('[name=to]').count()) === 0, 'nothing is typed before a link has come, which would write over it');
  letGo();
  await desk.getByTestId('quote').getByText('Boris Ivanov').waitFor();
  const sendIt = await review(desk);
  await withCode(desk, anna.phone, () => sendIt.click());
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  await desk.waitForFunction(() => !location.hash);
  await desk.reload();
  await desk.locator('[name=to]').waitFor();
  check(!(await desk.locator('[name=to]').inputValue()) && !new URL(desk.url()).hash, 'what was paid by a link is not asked for again by a reload');
}

// ownMove: nobody else has got anything.
async function ownMove(page) {
  await place(page, 'Wallets');
  await button(page, 'Open a wallet').waitFor();
  await page.getByTestId('wallet').first().waitFor();
  const before = await page.getByTestId('wallet').count();
  await button(page, 'Open a wallet').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open a wallet' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await place(page, 'Wallets');
  await page.getByTestId('wallet').nth(before).waitFor();
  const numbers = (await page.getByTestId('wallet').allInnerTexts()).map((text) => /Z(\s\d{4}){3}/.exec(text)?.[0].replace(/\s/g, '')).filter(Boolean);
  await page.goto(`${base}/send?from=${numbers[0]}`);
  await fill(page, { to: numbers.at(-1), amount: '1' });
  await (await review(page)).click();
  await page.getByRole('heading', { name: 'Sent' }).waitFor();
  await page.getByText('Between your wallets').first().waitFor();
  check((await page.getByText('The recipient has the money').count()) === 0, 'between own wallets nobody else is said to have got anything');
}

// twoWaysAtOnce: two boxes of a row, pressed while the first answer is awaited, are both kept.
async function twoWaysAtOnce(page) {
  await page.goto(`${base}/settings`);
  const box = (channel) => page.getByRole('checkbox', { name: `Money sent: ${channel}` });
  await box('SMS').waitFor();
  const want = {};
  for (const channel of ['Email', 'SMS']) want[channel] = !(await box(channel).isChecked());
  await page.route('**/graphql', async (route) => {
    if (isOf(route, 'SetNotifications')) await new Promise((wake) => setTimeout(wake, 400));
    return route.fallback();
  });
  let answers = 0;
  page.on('response', (r) => (answers += r.request().postData()?.includes('"SetNotifications"') ? 1 : 0));
  await box('Email').click();
  await box('SMS').click();
  while (answers < 2) await page.waitForTimeout(50);
  await page.unroute('**/graphql');
  await page.reload();
  await box('SMS').waitFor();
  for (const [channel, is] of Object.entries(want)) await soon(() => box(channel).isChecked(), is, `${channel} is ${is ? 'on' : 'off'}, as it was chosen beside another`);
}

// wrongCodeIsLeftBehind: what a code was refused for says nothing of the next one.
async function wrongCodeIsLeftBehind(house) {
  const page = await house.open('/', DESK);
  await page.addInitScript(() => {
    const real = Date.now;
    Date.now = () => real() - 3_600_000;
  });
  await page.reload();
  const logsIn = async (login = boris.login) => {
    await page.locator('[name=login]').fill(login);
    await page.locator('[name=password]').fill(boris.password);
    return button(page, 'Log in').click();
  };
  await alone(boris.phone, async () => {
    const digits = await code(boris.phone, () => logsIn());
    await page.getByText(/^New code in \d\d s$/).waitFor();
    ok('a clock that is an hour late counts down to nothing but the next code');
    await page.locator('[name=code]').fill(digits === '000000' ? '000001' : '000000');
    await button(page, 'Confirm').click();
    await page.locator('[name=code][aria-invalid=true]').waitFor();
    await button(page, 'Back').click();
    await logsIn(boris.phone.replace('+7', '8 ')); // as it is dialed
    await page.locator('[name=code]').waitFor();
    check((await page.locator('[aria-invalid=true]').count()) === 0, 'a wrong code is not told of the next one');
  });
  await page.close();
}

// anothersChange: what one person has begun to change is nothing of the next one's in the same tab.
async function anothersChange(house) {
  const page = await house.open('/', DESK);
  await logIn(page, anna);
  await page.goto(`${base}/settings/email`);
  await page.locator('[name=newEmail]').fill('annas-secret@purser.test');
  await page.locator('[name=currentPassword]').fill(anna.password);
  await button(page, 'Send the email').click();
  await page.getByText('annas-secret').waitFor();
  await place(page, 'Settings');
  await button(page, 'Log out').click();
  await logIn(page, boris);
  await page.goto(`${base}/settings/email`);
  await page.getByText(boris.login).first().waitFor();
  check((await page.getByText('annas-secret').count()) === 0, 'what one person has begun is not shown to the next');
}

// droppedIsNotSent: what is dropped while it is looked at once more is not sent.
async function droppedIsNotSent(house, to) {
  const page = await house.open('/', DESK);
  await logIn(page, anna);
  await page.route('**/graphql', (route) => (isOf(route, 'CreateTransfer') ? route.abort() : route.fallback()));
  await anew(page);
  await fill(page, { to, amount: '12', memo: 'unsent' });
  await (await review(page)).click();
  await page.getByText('Connection lost').waitFor();
  await page.unroute('**/graphql');
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();

  let sent = 0;
  page.on('request', (request) => (sent += /"CreateTransfer"/.test(request.postData() ?? '') ? 1 : 0));
  const [look, fate] = [await holdAnswer(page, '**/graphql', asksFor('Quote')), await holdAnswer(page, '**/graphql', asksFor('ByKey'))];
  await button(page, 'Send 12.10 WMZ').click();
  await look.reached;
  await button(page, 'Don’t send').click();
  await fate.reached;
  await look.letGo();
  await drawn(page);
  await fate.letGo();
  await page.locator('[name=to]').waitFor({ timeout: NEVER_MS }); // once it can no longer arrive
  check(sent === 0, 'what is dropped while it is looked at once more is not sent');
}

// documentIsSlow: a document that takes its time is told of and asked for once, and one that never comes is given up.
async function documentIsSlow(house) {
  const page = await house.open('/', DESK);
  await page.addInitScript((most) => {
    const real = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => real(act, ms === most ? ms / 3 : ms, ...rest); // nobody waits for a minute here
  }, STILL_MS);
  await logIn(page, anna);
  await page.reload();
  await page.getByTestId('wallet').first().click();
  const ask = async () => {
    await button(page, 'Download').click();
    await page.getByRole('menuitem', { name: 'Statement as CSV' }).click();
  };
  const asked = [];
  await page.route('**/statement.csv*', (route) => asked.push(route));
  await ask();
  await page.getByText('Downloading the file…').waitFor();
  await ask();
  await page.getByText('The file wasn’t downloaded').waitFor();
  check(asked.length === 1, 'a document that takes its time is told of, and not asked for once more');
  await page.unroute('**/statement.csv*');
  await Promise.all([page.waitForEvent('download'), ask()]);
  await page.getByText('The file wasn’t downloaded').waitFor({ state: 'detached' });
  ok('one that never comes is given up, and can be asked for again');
  await page.close();
}

// appIsOnAllTheSame: the answer that turns an authenticator's app on is lost, and its backup codes with it.
async function appIsOnAllTheSame(house) {
  const page = await house.open('/', DESK);
  const dialog = page.getByRole('dialog');
  await logIn(page, boris);
  await page.goto(`${base}/security`);
  await page.getByRole('button', { name: /: Turn on$/ }).click();
  await page.locator('[name=current-password]').fill(boris.password);
  await button(dialog, 'Continue').click();
  await page.locator('[name=first-code]').fill(totp((await dialog.locator('code').innerText()).replace(/\s/g, '')));
  const late = await holdAnswer(page, '**/graphql', asksFor('ConfirmTotp'), { lost: true });
  await button(dialog, 'Turn on').click();
  await late.reached;
  await late.letGo();
  await dialog.getByText('We couldn’t reach the server').waitFor();
  await button(dialog, 'Turn on').click();
  await dialog.getByText('its backup codes didn’t reach you').waitFor();
  await button(dialog, 'Done').click();
  await button(page, 'Get new codes').waitFor();
  ok('an app that is on, though nobody was told, is said to be, with a way to its backup codes');
  await page.close();
}

// totp is the code of now (RFC 6238, with its defaults).
function totp(secret) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(time).digest();
  return String((hash.readUInt32BE(hash.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
