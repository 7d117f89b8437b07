// node keeper.mjs <baseURL>: the web app, as two people use it: one on a phone, one at a desk.
import { authenticator, checkPolicy, runInBrowser } from './browser.mjs';
import { check, inbox, nextMessage, ok } from './lib.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' };
const DESK = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' };
const TABLET = { viewport: { width: 820, height: 1180 } };

const serial = String(Date.now()).slice(-7);
const ema = { phone: `+7902${serial}`, email: `keeper-${serial}@purser.test`, password: `a long sentence ${serial}` };
const anna = { phone: '+79000000002', login: 'anna@purser.test', password: 'demo-password' };

// place goes to a place by whichever bar the screen shows.
const place = async (page, name) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).filter({ visible: true }).first().click();

await runInBrowser(async (house) => {
  const phone = await house.open('/', PHONE);
  checkPolicy(phone.answer, 'the app');
  await register(house, phone);
  const number = await openWallet(house, phone);

  const desk = await house.open('/', DESK);
  await logIn(desk, anna);
  await house.accessible(desk, 'home');
  await house.shot('keeper-home-desk', desk);
  await checkKept(desk);

  await sendFromDesk(house, desk, phone, number);
  await sendWhileTheNetworkFails(house, phone, desk);
  await protect(house, desk, phone, number);
  await refund(house, phone, desk);
  await lookAround(house, desk, phone, number);
  await rememberPeople(house, desk);
  await chooseNotifications(house, phone);
  await revoke(house, phone, desk);
  await recover(house, phone);
  await freeze(house, phone);
  await usePasskeys(house, desk, number);
});

// code does something and reads the code that it sends to a phone.
async function code(to, action) {
  const { message } = await nextMessage(to, (m) => m.code, action);
  return message.code;
}

async function register(house, page) {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.locator('[name=phone]').fill(`8902${serial}`);
  await page.waitForFunction(() => document.querySelector('[name=phone]')?.value.startsWith('+7 902 '));
  ok('a phone is written as its country writes it');
  await house.accessible(page, 'registration: phone');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('First name').waitFor();
  await house.shot('keeper-register-profile', page);
  await house.accessible(page, 'registration: profile');

  await page.reload();
  await page.getByLabel('First name').waitFor();
  ok('a reload goes on with the registration');
  for (const [label, text] of [['First name', 'Ema'], ['Last name', 'Keeper'], ['Date of birth', '1990-02-03'], ['E-mail', ema.email], ['Security question', 'Which street?'], ['Answer', 'Lime Street']]) {
    await page.getByLabel(label, { exact: false }).first().fill(text);
  }
  const digits = await code(ema.phone, () => page.getByRole('button', { name: 'Continue' }).click());
  await page.locator('[name=code]').fill(digits === '000000' ? '000001' : '000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').waitFor();
  ok('a wrong code is said to be wrong');
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'registration: code');
  await page.getByRole('button', { name: 'Confirm' }).click();

  const [password, again] = [page.locator('[name=new-password]'), page.locator('[name=new-password-again]')];
  await password.fill(ema.password);
  await again.fill('something else');
  await page.getByText('The passwords are not the same.').waitFor();
  await again.fill(ema.password);
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await house.shot('keeper-register-password', page);
  await house.accessible(page, 'registration: password');
  await page.getByRole('button', { name: 'Create an account' }).click();
  const wmid = (await page.getByTestId('wmid').innerText()).replace(/\D/g, '');
  check(/^\d{12}$/.test(wmid), 'a registration ends with a WMID');
  await house.shot('keeper-register-wmid', page);
  await page.getByRole('button', { name: 'Open Keeper' }).click();
}

async function openWallet(house, page) {
  await page.getByText('No wallets yet').waitFor();
  await house.shot('keeper-no-wallets', page);
  await page.getByRole('button', { name: 'Open a wallet' }).first().click();
  await page.getByLabel('Name').fill('Pocket money');
  await house.accessible(page, 'opening a wallet');
  await page.getByRole('dialog').getByRole('button', { name: 'Open a wallet' }).click();
  const number = (await page.getByTestId('wallet').innerText()).match(/[A-Z]( \d{4}){3}/)[0].replace(/ /g, '');
  check(number.startsWith('Z'), 'a wallet is opened and shown with its number');
  return number;
}

async function logIn(page, person) {
  await page.getByLabel('WMID, phone or e-mail').fill(person.login ?? person.phone);
  await page.locator('[name=password]').fill(person.password);
  const digits = await code(person.phone, () => page.getByRole('button', { name: 'Log in', exact: true }).click());
  await page.locator('[name=code]').fill(digits);
  await page.getByLabel('Trust this browser').check();
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  ok(`${person.login ?? person.phone} logs in with a code`);
}

// checkKept looks for tokens where scripts could read them.
async function checkKept(page) {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  check(!/eyJ|rt_|token/i.test(kept), 'no token is where scripts can read it');
  const cookies = (await page.context().cookies()).filter((c) => /^(__Secure-)?purser_/.test(c.name));
  check(cookies.length === 2 && cookies.every((c) => c.httpOnly && c.sameSite === 'Strict'), 'the cookies are HttpOnly and SameSite=Strict');
  await page.reload();
  await page.getByTestId('wallet').first().waitFor();
  ok('a reload needs no log-in');
}

async function fill(page, { to, amount, memo }) {
  await page.locator('[name=to]').fill(to);
  await page.locator('[name=amount]').fill(amount);
  if (memo) await page.getByLabel('Memo (optional)').fill(memo);
}


async function sendFromDesk(house, desk, phone, number) {
  await place(phone, 'Home');
  await place(desk, 'Send');
  const last = number.at(-1);
  await fill(desk, { to: number.slice(0, -1) + ((Number(last) + 1) % 10), amount: '25', memo: 'for the <b>tea</b>' });
  await desk.getByText('This number has a typing error.').waitFor();
  ok('a typing error in a number is told without a request');
  await desk.locator('[name=to]').fill(number);
  await desk.getByTestId('quote').getByText('Ema K.').waitFor();
  check((await desk.getByTestId('quote').innerText()).includes('0.20'), 'the name and the fee appear while one types');
  await house.accessible(desk, 'send');
  await house.shot('keeper-send-desk', desk);

  const digits = await code(anna.phone, () => desk.getByRole('button', { name: /^Send 25\.20/ }).click());
  await desk.locator('[name=code]').fill(digits);
  await desk.getByRole('button', { name: 'Confirm' }).click();
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  await house.shot('keeper-sent-desk', desk);
  await house.accessible(desk, 'a transfer that was sent');

  await phone.getByText(/\+25\.00 WMZ from/).waitFor();
  await phone.getByTestId('wallet').getByText('25.00 WMZ').waitFor();
  check((await phone.getByTestId('transfer').innerText()).includes('for the <b>tea</b>'), 'the other screen shows the arrival without a reload, the memo as text');
  await house.shot('keeper-arrival-phone', phone);
  await house.accessible(phone, 'an arrival');
}

// sendWhileTheNetworkFails loses the answers of both steps after the server has done its work.
async function sendWhileTheNetworkFails(house, phone, desk) {
  await place(desk, 'Home');
  const annas = (await desk.getByTestId('wallet').filter({ hasText: 'WMZ' }).first().innerText()).match(/[A-Z]( \d{4}){3}/)[0].replace(/ /g, '');
  await place(phone, 'Send');
  await fill(phone, { to: annas, amount: '5.00' });
  await phone.getByTestId('quote').getByText('5.04').first().waitFor();

  let lose = true;
  let lost = 0;
  const pattern = '**/graphql';
  await phone.route(pattern, async (route) => {
    const body = route.request().postData() ?? '';
    if (!lose) return route.fallback();
    if (/createTransfer|confirmTransfer/.test(body)) {
      await route.fetch(); // it arrives and is served: only the answer is lost
      lost++;
    }
    return route.abort('connectionreset');
  });
  const digits = await code(ema.phone, () => phone.getByRole('button', { name: /^Send 5\.04/ }).click());
  await phone.getByText('The connection is lost').waitFor();
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
  await phone.getByRole('button', { name: 'Confirm' }).click();
  await phone.getByRole('heading', { name: 'Sent' }).waitFor();
  await phone.unroute(pattern);
  check(lost >= 2, 'both answers were lost');
  await place(phone, 'Home');
  await phone.getByTestId('wallet').getByText('19.96 WMZ').waitFor();
  check((await phone.getByTestId('transfer').count()) === 2, 'money moved once');
  house.trouble = house.trouble.filter((line) => !/ERR_CONNECTION_RESET|ERR_FAILED/.test(line)); // what was cut on purpose
}

async function protect(house, desk, phone, number) {
  await place(desk, 'Send');
  await fill(desk, { to: number, amount: '10' });
  await desk.getByText('With a code', { exact: true }).click();
  await desk.getByLabel('Protection code', { exact: false }).fill('2468');
  const digits = await code(anna.phone, () => desk.getByRole('button', { name: /^Send 10\.08/ }).click());
  await desk.locator('[name=code]').fill(digits);
  await desk.getByRole('button', { name: 'Confirm' }).click();
  await desk.getByRole('heading', { name: 'Protected' }).waitFor();

  await phone.getByTestId('transfer').filter({ hasText: 'Protected' }).click();
  await phone.getByLabel('Protection code').fill('1111');
  await phone.getByRole('button', { name: 'Accept' }).click();
  await phone.getByText('7 attempts are left').waitFor();
  await house.shot('keeper-protected-phone', phone);
  await house.accessible(phone, 'a protected transfer');
  await phone.getByLabel('Protection code').fill('2468');
  await phone.getByRole('button', { name: 'Accept' }).click();
  await phone.getByText('Completed', { exact: true }).first().waitFor();
  ok('a protected transfer is accepted with its code');
}

async function refund(house, phone, desk) {
  await phone.getByRole('button', { name: 'Send back…' }).click();
  await phone.getByLabel('Amount to send back').fill('4');
  await house.shot('keeper-refund-phone', phone);
  await phone.getByRole('button', { name: 'Send back', exact: true }).click();
  await phone.getByText('Sent back', { exact: true }).waitFor();
  await place(desk, 'Home');
  await desk.getByTestId('transfer').first().getByText('+4.00 WMZ').waitFor();
  ok('a part is sent back and arrives');
}

async function lookAround(house, desk, phone, number) {
  await place(phone, 'History');
  await phone.getByTestId('transfer').nth(3).waitFor();
  await house.accessible(phone, 'the history');
  await house.shot('keeper-history-phone', phone);
  await phone.getByLabel('Search in memos').fill('tea');
  await phone.getByTestId('transfer').nth(1).waitFor({ state: 'detached' });
  check((await phone.getByTestId('transfer').count()) === 1, 'the history is searched');

  await phone.goto(`${new URL(phone.url()).origin}/wallets/${number}`);
  await phone.getByText('Balance 25.96 WMZ').waitFor();
  await house.accessible(phone, 'a wallet');
  await house.shot('keeper-wallet-phone', phone);
  const [file] = await Promise.all([phone.waitForEvent('download'), phone.getByRole('button', { name: 'CSV' }).click()]);
  check(file.suggestedFilename().endsWith('.csv'), 'a statement is downloaded');

  await place(phone, 'Receive');
  await phone.getByAltText('QR code of the payment link').waitFor();
  await house.accessible(phone, 'receive');
  await house.shot('keeper-receive-phone', phone);
  await phone.emulateMedia({ colorScheme: 'dark' });
  await place(phone, 'Settings');
  await phone.getByText('Русский').click();
  await phone.getByRole('heading', { name: 'Настройки' }).waitFor();
  await house.accessible(phone, 'the settings, in Russian and dark');
  await house.shot('keeper-settings-phone-dark-ru', phone);
  await place(phone, 'Главная');
  await phone.getByTestId('transfer').first().waitFor();
  await house.accessible(phone, 'home, in Russian and dark');
  await house.shot('keeper-home-phone-dark-ru', phone);
  await phone.emulateMedia({ colorScheme: 'light' });
  await place(phone, 'Настройки');
  await phone.getByText('English').click();

  await desk.setViewportSize(TABLET.viewport);
  await place(desk, 'Security');
  await desk.getByTestId('session').first().waitFor();
  await house.accessible(desk, 'security');
  await house.shot('keeper-security-tablet', desk);
  await desk.setViewportSize(DESK.viewport);
}

// revoke ends the session of a screen that is open.
async function revoke(house, phone, desk) {
  const other = await phone.context().browser().newContext({ locale: 'en-GB' });
  const page = await other.newPage();
  await page.goto(new URL(phone.url()).origin);
  await logIn(page, { phone: ema.phone, password: ema.password });
  await place(page, 'Security');
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await phone.getByLabel('WMID, phone or e-mail').waitFor();
  ok('a device whose session is ended elsewhere is signed out while it is open');
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('WMID, phone or e-mail').waitFor();
  await page.reload();
  await page.getByLabel('WMID, phone or e-mail').waitFor();
  ok('who has logged out stays logged out');
  await other.close();
  house.trouble = house.trouble.filter((line) => !/status of 401/.test(line)); // what the ended session still asked
  check((await desk.getByTestId('session').count()) > 0, 'nobody else is touched by it');
}

async function recover(house, page) {
  await page.getByRole('link', { name: 'Forgot the password?' }).click();
  await page.getByRole('heading', { name: 'Recover access' }).waitFor(); // the log-in has a field of the same name
  await page.getByLabel('WMID, phone or e-mail').fill(ema.email);
  const digits = await code(ema.phone, () => page.getByRole('button', { name: 'Continue' }).click());
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'recovery');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByLabel('Which street?').fill('lime street');
  ema.password = `another sentence ${serial}`;
  await page.getByLabel('New password').fill(ema.password);
  await page.getByLabel('Password again').fill(ema.password);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=password]').fill(ema.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=code]').fill(await newest(ema.phone, digits));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  ok('access is recovered with a code, the answer and a new password');
}

// newest waits for a code that is not the one before.
async function newest(to, before) {
  for (let i = 0; i < 100; i++) {
    const found = (await inbox(to)).find((m) => m.code);
    if (found && found.code !== before) return found.code;
    await new Promise((wake) => setTimeout(wake, 200));
  }
  throw new Error(`no new code for ${to}`);
}

async function freeze(house, page) {
  await place(page, 'Settings');
  await page.getByRole('link', { name: 'Security', exact: true }).last().click();
  await page.getByRole('button', { name: 'Freeze the account' }).click();
  await page.getByText('The account is frozen. Money does not leave it.').waitFor();
  await house.accessible(page, 'a frozen account');
  await page.getByRole('button', { name: 'Unfreeze' }).click();
  const field = page.getByRole('dialog').locator('[name=code]');
  await field.waitFor();
  await field.fill((await inbox(ema.phone)).find((m) => m.code).code);
  await page.getByRole('dialog').getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The account is frozen. Money does not leave it.').waitFor({ state: 'detached' });
  ok('an account is frozen at once, and unfrozen with a code');
}

// usePasskeys has Chromium's own authenticator stand in for a finger.
async function usePasskeys(house, desk, number) {
  await authenticator(desk);
  await place(desk, 'Security');
  await desk.getByRole('button', { name: 'Add a passkey' }).click();
  await desk.locator('[name=current-password]').fill(anna.password);
  await desk.locator('[name=passkey-name]').fill('Desk');
  await house.accessible(desk, 'adding a passkey');
  await desk.getByRole('button', { name: 'Continue' }).click();
  check((await desk.getByTestId('backup-codes').innerText()).trim().split('\n').length === 10, 'a passkey is added, and backup codes are shown');
  await desk.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await desk.getByTestId('passkey').getByText('Desk').waitFor();
  await house.shot('keeper-security-desk', desk);

  await place(desk, 'Settings');
  await desk.getByRole('button', { name: 'Log out' }).click();
  await desk.getByRole('button', { name: 'Log in with a passkey' }).click();
  await desk.getByTestId('wallet').first().waitFor();
  ok('a passkey opens the account without a password');

  await place(desk, 'Send');
  await fill(desk, { to: number, amount: '1' });
  await desk.getByRole('button', { name: /^Send 1\.01/ }).click();
  await desk.getByRole('button', { name: 'Use a passkey' }).click();
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  ok('a passkey confirms a transfer');
}

async function rememberPeople(house, desk) {
  await place(desk, 'Contacts');
  await desk.getByText('No contacts yet').waitFor();
  await desk.getByTestId('suggested').getByRole('button', { name: 'Add: Ema Keeper' }).click();
  await desk.locator('[name=contact-name]').fill('Ema from the shop');
  await house.accessible(desk, 'a new contact');
  await desk.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await desk.getByTestId('contact').getByText('Ema from the shop').waitFor();
  await desk.getByTestId('suggested').waitFor({ state: 'detached' });
  await desk.getByRole('switch', { name: 'Take money from contacts only' }).check();
  await house.accessible(desk, 'contacts');
  await house.shot('keeper-contacts-desk', desk);
  await desk.reload();
  await desk.getByTestId('contact').waitFor();
  check(await desk.getByRole('switch', { name: 'Take money from contacts only' }).isChecked(), 'a contact has a name of one\'s own, and only contacts may pay');
  await desk.getByRole('link', { name: 'Send to Ema from the shop' }).click();
  check(/^\d{12}$/.test(await desk.locator('[name=to]').inputValue()), 'a contact is sent to with a tap');
  await place(desk, 'Security');
}

async function chooseNotifications(house, page) {
  await place(page, 'Settings');
  const box = page.getByRole('checkbox', { name: 'Money has come: E-mail' });
  await box.check();
  await page.getByLabel('Until').fill('07:30');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Quiet hours: 22:00–07:30').waitFor();
  await house.accessible(page, 'the notifications');
  await house.shot('keeper-notifications-phone', page);
  await page.reload();
  await box.waitFor();
  check((await box.isChecked()) && (await page.getByRole('checkbox', { name: 'A change of security: SMS' }).isChecked()), 'what one is told of, and how, is kept');
}
