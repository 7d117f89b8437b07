// How a person gets into the web app, and out of it: registration, log-in, a session that is ended, recovery.
import { check, ok } from './lib.mjs';
import { code, forgive, logIn, newest, place } from './keeper-lib.mjs';

// register opens an account step by step, with a reload, a wrong code and a mistyped password on the way.
export async function register({ house, own: page, me }) {
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.locator('[name=phone]').fill(`8902${me.serial}`);
  await page.waitForFunction(() => document.querySelector('[name=phone]')?.value.startsWith('+7'));
  ok('a phone is written as its country writes it');
  await house.accessible(page, 'registration: phone');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('First name').waitFor();
  await house.shot('keeper-register-profile', page);
  await house.accessible(page, 'registration: profile');

  await page.reload();
  await page.getByLabel('First name').waitFor();
  ok('a reload goes on with the registration');
  for (const [label, text] of [['First name', me.firstName], ['Last name', 'Keeper'], ['Date of birth', '1990-02-03'], ['E-mail', me.email], ['Security question', 'Which street?'], ['Answer', 'Lime Street']]) {
    await page.getByLabel(label, { exact: false }).first().fill(text);
  }
  const digits = await code(me.phone, () => page.getByRole('button', { name: 'Continue' }).click()); // nobody else knows this phone
  await page.locator('[name=code]').fill(digits === '000000' ? '000001' : '000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').waitFor();
  ok('a wrong code is said to be wrong');
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'registration: code');
  await page.getByRole('button', { name: 'Confirm' }).click();

  const [password, again] = [page.locator('[name=new-password]'), page.locator('[name=new-password-again]')];
  await password.fill(me.password);
  await again.fill('something else');
  await page.getByText('The passwords are not the same.').waitFor();
  await again.fill(me.password);
  await page.getByRole('checkbox').first().waitFor(); // the agreements come from the server
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await house.shot('keeper-register-password', page);
  await house.accessible(page, 'registration: password');
  await page.getByRole('button', { name: 'Create an account' }).click();
  const wmid = (await page.getByTestId('wmid').innerText()).replace(/\D/g, '');
  check(/^\d{12}$/.test(wmid), 'a registration ends with a WMID');
  await house.shot('keeper-register-wmid', page);
  await page.getByRole('button', { name: 'Open Keeper' }).click();
}

// openWallet opens the first wallet, and returns its number.
export async function openWallet({ house, own: page }) {
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

// checkKept looks for tokens where scripts could read them.
export async function checkKept({ other: page }) {
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  check(!/eyJ|rt_|token/i.test(kept), 'no token is where scripts can read it');
  const cookies = (await page.context().cookies()).filter((c) => /^(__Secure-)?purser_/.test(c.name));
  check(cookies.length === 2 && cookies.every((c) => c.httpOnly && c.sameSite === 'Strict'), 'the cookies are HttpOnly and SameSite=Strict');
  await page.reload();
  await page.getByTestId('wallet').first().waitFor();
  ok('a reload needs no log-in');
}

// revoke ends the session of a screen that is open, from another device of the same person.
export async function revoke({ house, own, other, me, size }) {
  const page = await house.open('/', size);
  await logIn(page, { phone: me.phone, password: me.password });
  await page.goto(new URL('/security', page.url()).href);
  await page.getByRole('button', { name: 'End all other sessions' }).click();
  await own.getByLabel('WMID, phone or e-mail').waitFor();
  ok('a device whose session is ended elsewhere is signed out while it is open');
  await place(page, 'Settings');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('WMID, phone or e-mail').waitFor();
  await page.reload();
  await page.getByLabel('WMID, phone or e-mail').waitFor();
  ok('who has logged out stays logged out');
  await page.context().close();
  forgive(house, /status of 401/); // what the ended session still asked
  await place(other, 'Home');
  await other.getByTestId('wallet').first().waitFor();
  ok('nobody else is touched by it');
}

// recover has lost the password.
export async function recover({ house, own: page, me }) {
  await page.getByRole('link', { name: 'Forgot the password?' }).click();
  await page.getByRole('heading', { name: 'Recover access' }).waitFor(); // the log-in has a field of the same name
  await page.getByLabel('WMID, phone or e-mail').fill(me.email);
  const digits = await code(me.phone, () => page.getByRole('button', { name: 'Continue' }).click());
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'recovery');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByLabel('Which street?').fill('lime street');
  me.password = `another sentence ${me.serial}`;
  await page.getByLabel('New password').fill(me.password);
  await page.getByLabel('Password again').fill(me.password);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=password]').fill(me.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.locator('[name=code]').fill(await newest(me.phone, digits));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
  ok('access is recovered with a code, the answer and a new password');
}
