// node keeper-kept.mjs <baseURL>: what was done, typed or shown once is not lost by the web app: where the server fails within its answer, one goes back, or a tab finds no
// connection. Its server lets a session have one socket.
import { authenticator, runInBrowser } from './browser.mjs';
import { loses } from './keeper-entry.mjs';
import { base, call, check, nextMessage, ok, soon } from './lib.mjs';
import { alone, anna, asksFor, boris, button, code, DESK, drawn, fill, forgive, holdAnswer, logIn, numberOf, payLinkBy, place, review, stepIsThere, tap, tokenOf, withCode } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  const other = await house.open('/', DESK);
  await logIn(other, boris);
  const to = await numberOf(other);
  const page = await house.open('/login', DESK);
  await backFromTheCode(page);
  await tokensAreRefused(page);
  await logsInByALink(page);
  await failsWithinTheAnswer(page, to);
  await refundFailsWithinTheAnswer(page, other);
  await formIsKept(page, to);
  await recipientAsPeopleWriteIt(page);
  await walletIsOpenedOnce(page);
  await monthsFail(page);
  await skipsToTheContent(page);
  await hearsFromAnotherTab(house, page);
  await writesInTheLanguage(house, page);
  await codesAreKept(page);
  await codesAreNobodyElses(page);
  await tappedWhileOut(page);
  forgive(house, /status of (401|500)|ERR_FAILED|WebSocket connection|beforeunload/);
});

// failsOnce has the server do what is asked, and fail over telling of it.
async function failsOnce(page, operation, field) {
  let failed = false;
  await page.route('**/graphql', async (route) => {
    if (failed || !asksFor(operation)(route.request())) return route.fallback();
    failed = true;
    await route.fetch();
    return route.fulfill({ json: { data: null, errors: [{ message: 'Something went wrong on our side.', path: [field, 'transfer', 'to', 'displayName'], extensions: { code: 'INTERNAL', reference: 'b7c1f0' } }] } });
  });
  return () => page.unroute('**/graphql');
}

// backFromTheCode: the browser's own button leads from a code back to the password.
async function backFromTheCode(page) {
  await page.getByLabel('WMID, phone, or email').fill(anna.login);
  await page.locator('[name=password]').fill(anna.password);
  await alone(anna.phone, async () => {
    await code(anna.phone, () => button(page, 'Log in').click());
    await page.locator('[name=code]').waitFor();
    await stepIsThere(page);
    await page.evaluate(tap, '/history');
    await drawn(page);
    check(await page.locator('[name=code]').isVisible(), 'a notification that is tapped takes nobody’s code away');
    await page.goBack();
    await page.locator('[name=password]').waitFor();
    await page.goForward();
    await page.locator('[name=password]').waitFor();
    await page.goto(`${base}/login`);
  });
  ok('going back from the code of a log-in leads to the password');
}

// tokensAreRefused: the server takes the tokens of a log-in for nobody's.
async function tokensAreRefused(page) {
  await page.getByLabel('WMID, phone, or email').fill(anna.login);
  await page.locator('[name=password]').fill(anna.password);
  await alone(anna.phone, async () => {
    await page.locator('[name=code]').fill(await code(anna.phone, () => button(page, 'Log in').click()));
    await page.route('**/web/session', (route) => route.fulfill({ status: 204 }));
    await button(page, 'Confirm').click();
    await page.getByRole('alert').getByText('That didn’t work. Try again.').waitFor();
    await page.locator('[name=password]').waitFor();
    await page.unroute('**/web/session');
  });
  ok('a log-in that comes to nothing is told, and leads to the password');
}

// logsInByALink: a code on the way to a payment leaves nothing in the history that asks for the payment again.
async function logsInByALink(page) {
  await page.goto(`${base}/login#pay=${await payLinkBy(await tokenOf(boris), { amount: '2' })}`);
  await page.getByLabel('WMID, phone, or email').fill(anna.login);
  await page.locator('[name=password]').fill(anna.password);
  await alone(anna.phone, async () => {
    await page.locator('[name=code]').fill(await code(anna.phone, () => button(page, 'Log in').click()));
    await stepIsThere(page);
    await page.route('**/web/session', (route) => route.abort());
    await page.evaluate(tap, '/contacts'); // a payment comes first
    await button(page, 'Confirm').click();
    await page.getByText('We’ll log you in as soon as it’s back.').waitFor();
    check((await button(page, 'Back').count()) === 0 && (await page.locator('button[type=submit]').isDisabled()), 'a code that was accepted is not asked for again');
    await page.goBack();
    await page.locator('[name=password]').waitFor();
    await page.unroute('**/web/session');
    await page.evaluate(() => dispatchEvent(new Event('online')));
  });
  await soon(() => page.locator('[name=amount]').inputValue(), '2.00', 'who logs in by a payment link comes to the payment, also over an answer that was lost');
  await page.goBack();
  await page.getByTestId('wallet').first().waitFor();
  check(!page.url().includes('pay='), 'and by going back to no payment again');
}

// failsWithinTheAnswer: the money is asked for by its key, and not sent again.
async function failsWithinTheAnswer(page, to) {
  await place(page, 'Send');
  await fill(page, { to, amount: '6', memo: 'answered with a failure' });
  const sendIt = await review(page);
  const mend = await failsOnce(page, 'CreateTransfer', 'createTransfer');
  await alone(anna.phone, async () => {
    await page.locator('[name=code]').fill(await code(anna.phone, () => sendIt.click()));
    await mend();
    await button(page, 'Confirm').click();
    await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
  });
  await place(page, 'History');
  const made = page.getByTestId('transfer').filter({ hasText: 'answered with a failure' });
  await made.first().waitFor();
  check((await made.count()) === 1, 'a transfer that the server made and could not tell of is found by its key, and made once');
}

async function refundFailsWithinTheAnswer(page, other) {
  await other.getByTestId('transfer').filter({ hasText: 'answered with a failure' }).first().click();
  await button(other, 'Send back…').click();
  await other.getByLabel('Amount to send back').fill('0.10');
  const mend = await failsOnce(other, 'RefundTransfer', 'refundTransfer');
  await button(other, 'Send back').click();
  await other.locator('dl.facts').filter({ hasText: 'Sent back0.10 WMZ' }).waitFor();
  await button(other, 'Send back…').waitFor();
  await mend();
  ok('and so is a refund');
}

// formIsKept: what was typed is there for whoever goes back to it, or loads the page anew; whoever begins anew begins with nothing.
async function formIsKept(page, to) {
  const typed = async () => [(await page.locator('[name=to]').inputValue()).replace(/\s/g, ''), await page.locator('[name=amount]').inputValue()].join();
  await place(page, 'Send');
  await fill(page, { to, amount: '3.21' });
  await place(page, 'History');
  await page.getByTestId('transfer').first().waitFor();
  await page.goBack();
  await soon(typed, `${to},3.21`, 'who comes back to a form finds what was typed');
  await page.reload();
  await soon(typed, `${to},3.21`, 'also after a reload');
  await (await review(page)).waitFor();
  await page.reload();
  await soon(typed, `${to},3.21`, 'also of the review');
  await page.getByText('With a code', { exact: true }).click();
  await page.getByLabel('Protection code').fill('blue whale');
  await place(page, 'History');
  await page.getByTestId('transfer').first().waitFor();
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  check(kept.includes('3.21') && !kept.includes('whale'), 'of what is typed all is kept but the code that protects');
  await page.goBack();
  await soon(typed, `${to},3.21`, 'and found again');
  await page.reload();
  await soon(typed, `${to},3.21`, 'and of what is protected');
  check((await page.getByLabel('Protection code').inputValue()) === '', 'whose code is asked for anew');
  await place(page, 'Home');
  await place(page, 'Send');
  await soon(typed, ',', 'who begins anew begins with nothing');
}

// paste is done in the page, to a field.
function paste(field, text) {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text', text);
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
}

// recipientAsPeopleWriteIt: a phone as it is dialed, a WMID with its name, a payment link.
async function recipientAsPeopleWriteIt(page) {
  const wmid = (await call('Wallets', {}, await tokenOf(boris))).wmid;
  await page.locator('[name=amount]').fill('1');
  for (const text of ['8 (900) 000-00-03', '79000000003', `WMID ${wmid}`]) {
    await page.locator('[name=to]').fill(text); // and nothing else
    await page.getByTestId('quote').getByText('Boris').waitFor();
    check((await page.getByText('Enter all 12 digits').count()) === 0, `${text} is all there`);
  }
  await page.locator('[name=to]').press('Enter');
  await page.getByRole('button', { name: /^Send \d/ }).waitFor();
  await page.goBack();
  ok('a recipient is found as people write them');
  const link = `${base}/pay#token=${await payLinkBy(await tokenOf(boris), { amount: '4', memo: 'by a link' })}`;
  const wasLost = await loses(page, 'PayRequest', { served: false });
  await page.locator('[name=to]').evaluate(paste, link);
  await button(page, 'Try again').waitFor();
  await wasLost();
  await page.locator('[name=to]').evaluate(paste, link);
  await soon(() => page.locator('[name=amount]').inputValue(), '4.00', 'a payment link that is pasted is followed');
  const sendIt = await review(page);
  await alone(anna.phone, async () => {
    const { message } = await nextMessage(anna.phone, (m) => m.code, () => sendIt.click());
    await page.locator('[name=code]').waitFor();
    await page.locator('[name=code]').evaluate(paste, message.text);
    await soon(() => page.locator('[name=code]').inputValue(), message.code, 'of a whole message that is pasted the code is taken');
    await button(page, 'Confirm').click();
    await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
  });
}

// walletIsOpenedOnce: the answer to an opening is lost, with what looks for the wallet; the server fails within it; it comes when another dialog is open.
async function walletIsOpenedOnce(page) {
  const dialog = page.getByRole('dialog');
  const wallets = () => page.getByTestId('wallet').count();
  const press = () => button(dialog, 'Open a wallet').click();
  await place(page, 'Wallets');
  await page.getByTestId('wallet').first().waitFor();
  const before = await wallets();
  let looks = 0;
  const cut = (route) => (asksFor('OpenWallets')(route.request()) && ++looks <= 2 ? route.abort() : route.fallback());
  const found = await loses(page, 'OpenWallet', { served: true });
  await page.route('**/graphql', cut);
  await button(page, 'Open a wallet').click();
  for (const look of [1, 2]) {
    await press();
    await soon(() => looks, look, 'whose opening was not answered is looked for');
    await page.locator('[type=submit]:not([data-loading])').waitFor();
  }
  await press();
  await dialog.waitFor({ state: 'detached' });
  await found();
  await soon(wallets, before + 1, 'and is opened once, however often that is not answered');

  const mend = await failsOnce(page, 'OpenWallet', 'openWallet');
  await button(page, 'Open a wallet').click();
  await press();
  await dialog.waitFor({ state: 'detached' });
  await mend();
  await soon(wallets, before + 2, 'so it is where the server fails over telling of it');

  const late = await holdAnswer(page, '**/graphql', asksFor('OpenWallet'));
  await button(page, 'Open a wallet').click();
  await press();
  await late.reached;
  await page.keyboard.press('Escape');
  await button(page, 'Open a wallet').click();
  await dialog.getByLabel('Name').fill('Holiday');
  await late.letGo();
  await soon(wallets, before + 3, 'a late answer is shown');
  check((await dialog.getByLabel('Name').inputValue()) === 'Holiday', 'and closes nobody’s next dialog');
  await button(dialog, 'Cancel').click();

  const cutLate = await holdAnswer(page, '**/graphql', asksFor('OpenWallet'), { lost: true });
  await button(page, 'Open a wallet').click();
  await press();
  await cutLate.reached;
  await page.keyboard.press('Escape');
  await button(page, 'Open a wallet').click();
  await cutLate.letGo();
  await soon(wallets, before + 4, 'one whose answer is lost late is shown');
  await dialog.locator('[type=submit]:not([data-loading])').waitFor(); // once it is known
  check((await dialog.getByRole('alert').count()) === 0, 'and the next dialog is told nothing of it');
  await button(dialog, 'Cancel').click();

  const cutBoth = async (route) => {
    if (asksFor('OpenWallet')(route.request())) await route.fetch();
    return /"OpenWallets?"/.test(route.request().postData() ?? '') ? route.abort() : route.fallback();
  };
  await page.route('**/graphql', cutBoth);
  await button(page, 'Open a wallet').click();
  await press();
  await dialog.getByRole('alert').waitFor();
  await button(dialog, 'Cancel').click();
  await soon(wallets, before + 5, 'one that could not be looked for is shown when its dialog is closed');
  await page.unroute('**/graphql', cutBoth);
  await button(page, 'Open a wallet').click();
  await press();
  await soon(wallets, before + 6, 'and whoever has seen it opens another one');
}

// monthsFail: what could not be asked for is not called nothing.
async function monthsFail(page) {
  await page.route('**/graphql', (route) => (asksFor('Turnover')(route.request()) ? route.fulfill({ json: { data: null, errors: [{ message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL' } }] } }) : route.fallback()));
  await place(page, 'Home');
  await page.reload();
  await place(page, 'History');
  const months = page.locator('section[aria-labelledby=months]');
  await months.getByRole('alert').waitFor();
  check((await months.getByText('No transactions').count()) === 0, 'months that did not come are not called empty');
  await page.unroute('**/graphql');
  await button(months, 'Try again').click();
  await months.getByRole('alert').waitFor({ state: 'detached' });
}

// skipsToTheContent: the link for the keyboard leaves the address alone, and a payment link in it.
async function skipsToTheContent(page) {
  await page.goto(`${base}/wallets#pay=${await payLinkBy(await tokenOf(boris), { amount: '5' })}`);
  await page.getByRole('link', { name: 'Go to the payment' }).waitFor();
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'main');
  check(await page.getByRole('link', { name: 'Go to the payment' }).isVisible(), 'who skips to the content keeps a payment link');
}

// hearsFromAnotherTab: the server lets a session have one socket, and this tab has it.
async function hearsFromAnotherTab(house, page) {
  await place(page, 'Home');
  const twin = await house.another(page.context(), '/');
  await twin.getByTestId('wallet').first().waitFor();
  const told = twin.getByText('+1.23 WMZ').first();
  const token = await tokenOf(boris);
  const [mine] = (await call('Wallets', {}, token)).wallets;
  const to = { walletNumber: await numberOf(page) };
  await alone(boris.phone, async () => {
    const input = { from: mine.number, to, amount: '1.23', memo: 'to both tabs', idempotencyKey: crypto.randomUUID() };
    const { result, message } = await nextMessage(boris.phone, (m) => m.code, () => call('CreateTransfer', { input }, token));
    await call('ConfirmTransfer', { input: { transferId: result.transfer.id, code: message.code } }, token);
  });
  await told.waitFor();
  check((await twin.getByText('Connecting').count()) === 0, 'a tab that finds no connection hears from one that has it');
  await twin.close();
}

// writesInTheLanguage: what is sent to a person is in the language that was chosen.
async function writesInTheLanguage(house, page) {
  await place(page, 'Settings');
  const twin = await house.another(page.context(), '/send');
  await twin.locator('[name=amount]').fill('1,234.5');
  await page.getByText('Русский').click();
  const token = await tokenOf(anna);
  await soon(async () => (await call('Wallets', {}, token)).locale, 'RU', 'the language that is chosen is that of messages, too');
  await soon(() => twin.locator('[name=amount]').inputValue(), (typed) => typed.replace(/\s/g, ' ') === '1 234,5', 'and of what is typed in another tab');
  await twin.close();
  await page.getByText('English').click();
  await soon(async () => (await call('Wallets', {}, token)).locale, 'EN', 'in either direction');
}

// codesAreKept: backup codes, which are shown once, stay until they are said to be kept; and there are others for who has lost them.
async function codesAreKept(page) {
  await authenticator(page);
  await place(page, 'Security');
  await button(page, 'Add a passkey').click();
  await page.locator('[name=current-password]').fill(anna.password);
  await button(page.getByRole('dialog'), 'Add a passkey').click();
  const codes = page.getByTestId('backup-codes');
  const first = await codes.innerText();
  await page.goBack();
  await page.getByRole('heading', { name: 'Settings', level: 1, includeHidden: true }).waitFor({ state: 'attached' });
  check((await codes.innerText()) === first, 'who goes back takes the backup codes along');
  await page.goForward();
  await button(page, 'I have saved them').click();
  await codes.waitFor({ state: 'detached' });
  await button(page, 'Get new codes').click();
  await page.getByText('All earlier ones stop working.').waitFor();
  await button(page.getByRole('dialog'), 'Confirm with a passkey').click();
  const second = await codes.innerText();
  check(second.trim().split('\n').length === 10 && second !== first, 'who has lost them gets others');
  await button(page, 'I have saved them').click();
}

// codesAreNobodyElses: codes whose answer comes when somebody else is in are not shown.
async function codesAreNobodyElses(page) {
  await button(page, 'Get new codes').click();
  const late = await holdAnswer(page, '**/graphql', asksFor('RenewBackupCodes'));
  await button(page.getByRole('dialog'), 'Confirm with a passkey').click();
  await late.reached;
  await page.keyboard.press('Escape');
  await place(page, 'Settings');
  await page.getByRole('checkbox', { name: 'Money received: Email' }).waitFor();
  await button(page, 'Log out').click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await logIn(page, boris);
  await late.letGo();
  await drawn(page);
  check((await page.getByTestId('backup-codes').count()) === 0, 'nobody sees the backup codes of whoever was in before');
}

// tappedWhileOut: where a notification leads, one comes once one is in.
async function tappedWhileOut(page) {
  await place(page, 'Settings');
  await button(page, 'Log out').click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await page.evaluate(tap, '/contacts');
  await page.getByLabel('WMID, phone, or email').fill(boris.login);
  await page.locator('[name=password]').fill(boris.password);
  await button(page, 'Log in').click();
  await page.getByRole('heading', { name: 'Contacts', level: 1 }).waitFor();
  check(new URL(page.url()).pathname === '/contacts', 'where a notification leads, one comes once one is in');
}
