// How money moves in the web app between two people, each at a screen.
import { readFileSync } from 'node:fs';
import { check, ok, soon } from './lib.mjs';
import { arrival, code, fill, forgive, numberOf, place, review, withCode } from './keeper-lib.mjs';

const MOSCOW_MS = 3 * 3_600_000; // the people of these checks live there

// sendFromDesk pays the new person, whose screen shows the arrival.
export async function sendFromDesk({ house, own: phone, other: desk, me, payer, number, name }) {
  await place(phone, 'Home');
  await place(desk, 'Send');
  const last = number.at(-1);
  await fill(desk, { to: number.slice(0, -1) + ((Number(last) + 1) % 10), amount: '25', memo: 'for the <b>tea</b>' });
  await desk.getByText('Check the number: a digit seems wrong.').waitFor();
  ok('a typing error in a number is told without a request');
  await amountsAsTheLanguageWritesThem(desk);
  await desk.locator('[name=to]').fill(number);
  await desk.getByTestId('quote').getByText(`${me.firstName} K.`).waitFor();
  check((await desk.getByTestId('quote').innerText()).includes('0.20'), 'the name and the fee appear while one types');
  await house.accessible(desk, 'send');
  await house.shot(`keeper-send-${name}`, desk);

  const sendIt = await review(desk);
  check((await sendIt.innerText()).includes('25.20') && (await desk.getByTestId('review').innerText()).includes('for the <b>tea</b>'), 'what will be sent is looked at once more');
  await house.accessible(desk, 'review');
  await house.shot(`keeper-review-${name}`, desk);
  const arrives = arrival(phone, '25.00');
  await withCode(desk, payer.phone, () => sendIt.click());
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  await house.shot(`keeper-sent-${name}`, desk);
  await house.accessible(desk, 'a transfer that was sent');

  await arrives;
  await phone.getByTestId('wallet').getByText('25.00 WMZ').waitFor();
  await soon(() => phone.getByTestId('transfer').innerText(), /for the <b>tea<\/b>/, 'the other screen shows the arrival without a reload, the memo as text');
  await house.shot(`keeper-arrival-${name}`, phone);
  await house.accessible(phone, 'an arrival');
}

// amountsAsTheLanguageWritesThem: a comma stands for a point only where nothing else can be meant, and what is read is shown.
async function amountsAsTheLanguageWritesThem(page) {
  const amount = page.locator('[name=amount]');
  for (const [typed, shown] of [['12,505', '12,505'], ['1,234.50', '1,234.50'], ['9000000', '9,000,000'], ['1 234', '1,234'], ['12,50', '12.50']]) {
    await amount.fill(typed);
    await amount.blur();
    await soon(() => amount.inputValue(), shown, `${typed} is written ${shown}`);
  }
  for (const typed of ['0,500', '1.234,50', '12 50', '1,2345']) {
    await amount.fill(typed);
    await amount.blur();
    await page.getByText('Write it like 1,234.50').waitFor();
    check((await amount.inputValue()) === typed, `${typed} could be two amounts: it is asked for again, and stays`);
    await amount.fill('');
  }
  await amount.fill('25');
}

// sendWhileTheNetworkFails loses the answers of both steps after the server has done its work.
export async function sendWhileTheNetworkFails({ house, own: phone, other: desk, me }) {
  await place(desk, 'Home');
  const payers = await numberOf(desk);
  await place(phone, 'Send');
  await fill(phone, { to: payers, amount: '5.00' });
  const sendIt = await review(phone);

  let lose = true;
  let lost = 0;
  const pattern = '**/graphql';
  await phone.route(pattern, async (route) => {
    const body = route.request().postData() ?? '';
    if (!lose || /"Quote"/.test(body)) return route.fallback();
    if (/"(Create|Confirm)Transfer"/.test(body)) {
      await route.fetch(); // it arrives and is served: only the answer is lost
      lost++;
    }
    return route.abort('connectionreset');
  });
  const digits = await code(me.phone, () => sendIt.click());
  await phone.getByText('Connection lost').waitFor();
  await house.shot('keeper-lost-phone', phone);
  await house.accessible(phone, 'a lost connection');
  await phone.reload();
  lose = false;
  await phone.locator('[name=code]').waitFor();
  ok('a transfer whose answer was lost is found again, after a reload too');

  lose = true;
  await phone.locator('[name=code]').fill(digits);
  await phone.getByRole('button', { name: 'Confirm' }).click();
  await phone.getByRole('alert').waitFor();
  lose = false;
  await phone.getByRole('heading', { name: 'Sent' }).waitFor(); // it finds out without another press
  await phone.unroute(pattern);
  check(lost >= 2, 'both answers were lost');
  await place(phone, 'Home');
  await phone.getByTestId('wallet').getByText('19.96 WMZ').waitFor();
  check((await phone.getByTestId('transfer').count()) === 2, 'money moved once');
  forgive(house, /ERR_CONNECTION_RESET|ERR_FAILED/);
}

// protect pays with a code that the recipient has to know.
export async function protect({ house, own: phone, other: desk, payer, number }) {
  await place(desk, 'Send');
  await fill(desk, { to: number, amount: '10' });
  await desk.getByText('With a code', { exact: true }).click();
  await desk.getByLabel('Protection code', { exact: false }).fill('2468');
  const sendIt = await review(desk);
  check(/10\.08/.test(await sendIt.innerText()) && (await desk.getByTestId('review').innerText()).includes('2468'), 'a protected transfer is reviewed, with its code');
  await withCode(desk, payer.phone, () => sendIt.click());
  await desk.getByRole('heading', { name: 'Sent with protection' }).waitFor();
  await desk.getByText('Tell them the code 2468 before').waitFor();

  await phone.getByTestId('transfer').filter({ hasText: 'Protected' }).click();
  await phone.getByLabel('Protection code').fill('1111');
  await phone.getByRole('button', { name: 'Accept' }).click();
  await phone.getByText('7 attempts left').waitFor();
  await house.shot('keeper-protected-phone', phone);
  await house.accessible(phone, 'a protected transfer');
  await phone.getByLabel('Protection code').fill('2468');
  await phone.getByRole('button', { name: 'Accept' }).click();
  await phone.getByText('Completed', { exact: true }).first().waitFor();
  ok('a protected transfer is accepted with its code');
}

// refund sends a part of it back.
export async function refund({ house, own: phone, other: desk, me }) {
  await phone.getByRole('button', { name: 'Send back…' }).click();
  await phone.getByLabel('Amount to send back').fill('4');
  await house.shot('keeper-refund-phone', phone);
  await phone.getByRole('button', { name: 'Send back', exact: true }).click();
  await phone.getByText('Sent back', { exact: true }).waitFor();
  await phone.getByText('4.00 WMZ was sent back.').waitFor();
  await place(desk, 'Home');
  await desk.getByTestId('transfer').filter({ hasText: me.firstName }).first().getByText('+4.00 WMZ').waitFor();
  ok('a part is sent back and arrives');
}

// statement looks at the history and at a wallet, and downloads what moved.
export async function statement({ house, own: page, number, name }) {
  await place(page, 'History');
  await page.getByTestId('transfer').nth(3).waitFor();
  await house.accessible(page, 'the history');
  await house.shot(`keeper-history-${name}`, page);
  await page.getByLabel('Search memos').fill('tea');
  await page.getByTestId('transfer').nth(1).waitFor({ state: 'detached' });
  await soon(() => page.getByTestId('transfer').count(), 1, 'the history is searched');
  await narrowDown(house, page);

  await page.goto(new URL(`/wallets/${number}`, page.url()).href);
  await page.getByText('Balance 25.96 WMZ').waitFor();
  await house.accessible(page, 'a wallet');
  await house.shot(`keeper-wallet-${name}`, page);
  await page.getByRole('button', { name: 'Download' }).click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Statement as CSV' }).click()]);
  check(file.suggestedFilename().endsWith('.csv') && readFileSync(await file.path(), 'utf8').includes('tea'), 'a statement is downloaded');
  await page.getByRole('button', { name: 'Download' }).click();
  await page.getByRole('menuitem', { name: 'Choose a period' }).click();
  await page.getByLabel('To').fill(dayBefore(1));
  await page.getByRole('button', { name: 'Download' }).click();
  const [earlier] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Statement as CSV' }).click()]);
  check(!readFileSync(await earlier.path(), 'utf8').includes('tea'), 'and so is that of a period');
}

const dayBefore = (days) => new Date(Date.now() + MOSCOW_MS - days * 86_400_000).toISOString().slice(0, 10);

// narrowDown goes through the other filters. They are there still for whoever comes back from a transfer, or reloads.
async function narrowDown(house, page) {
  await page.getByTestId('transfer').click();
  await page.waitForURL('**/transfers/**');
  await page.locator('dl.facts').waitFor(); // the list has the memo as well
  await page.getByText('for the <b>tea</b>').first().waitFor();
  await page.goBack();
  await page.waitForURL('**/history');
  await soon(() => page.getByLabel('Search memos').inputValue(), 'tea', 'who comes back from a transfer finds what was searched for');
  await page.getByLabel('Search memos').fill('');
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByLabel('From', { exact: true }).fill(dayBefore(0));
  await page.getByLabel('To', { exact: true }).fill(dayBefore(1));
  await page.getByText('The period ends before it starts.').waitFor();
  await page.getByLabel('From', { exact: true }).fill('');
  await page.getByText('Nothing found').waitFor();
  await house.accessible(page, 'filters');
  await page.reload();
  await page.getByText('Nothing found').waitFor();
  const until = () => page.getByLabel('To', { exact: true }).inputValue();
  await soon(until, dayBefore(1), 'a reload leaves the filters as they are');
  const isLeft = async (what) => {
    await page.getByText('Nothing found').waitFor();
    await soon(until, dayBefore(1), what);
  };
  await place(page, 'Home');
  await place(page, 'History');
  await isLeft('the menu leads to the history as it was left');
  const entry = await page.evaluate(() => history.state.key);
  await place(page, 'History');
  await page.waitForFunction((before) => history.state.key !== before && history.state.usr?.filters, entry);
  await page.reload();
  await isLeft('also from the history itself, and a reload after it');
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByTestId('transfer').nth(3).waitFor();
  await soon(() => page.getByRole('button', { name: 'Filters', exact: true }).evaluate((filters) => filters === document.activeElement), true, 'whoever clears the filters is left beside them');
  await place(page, 'Home');
  await place(page, 'History');
  await page.getByTestId('transfer').nth(3).waitFor();
  ok('the history is looked through by days');
}
