// The rest of the web app, once: contacts, notifications, freezing, passkeys, the other language and theme.
import { readFileSync } from 'node:fs';
import { authenticator } from './browser.mjs';
import { check, ok, soon } from './lib.mjs';
import { anna, asksFor, code, DESK, fill, forgive, place, review, TABLET } from './keeper-lib.mjs';

// lookAround sees the quieter screens, in both languages and themes.
export async function lookAround(house, phone) {
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
}

// security looks at the devices, on a window that is made smaller and larger.
export async function security(house, desk) {
  await desk.setViewportSize(TABLET.viewport);
  await place(desk, 'Security');
  await desk.getByTestId('session').first().waitFor();
  await house.accessible(desk, 'security');
  await house.shot('keeper-security-tablet', desk);
  await desk.setViewportSize(DESK.viewport);
}

// keeps waits from now on for the answer to an operation: what is not answered when a page is loaded anew may never have been asked.
const keeps = (page, operation) => page.waitForResponse((r) => asksFor(operation)(r.request()));

// rememberPeople makes a contact of somebody who was paid.
export async function rememberPeople(house, desk) {
  await place(desk, 'Contacts');
  await desk.getByText('No contacts yet').waitFor();
  await desk.getByTestId('suggested').getByRole('button', { name: 'Add: Ema Keeper' }).click();
  await desk.locator('[name=contact-name]').fill('Ema from the shop');
  await house.accessible(desk, 'a new contact');
  await desk.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await desk.getByTestId('contact').getByText('Ema from the shop').waitFor();
  await desk.getByTestId('suggested').filter({ hasText: 'Ema Keeper' }).waitFor({ state: 'detached' });
  const only = desk.getByRole('switch', { name: 'Accept money from contacts only' });
  const kept = keeps(desk, 'SetIncoming');
  await only.check();
  await kept;
  await house.accessible(desk, 'contacts');
  await house.shot('keeper-contacts-desk', desk);
  await desk.reload();
  await desk.getByTestId('contact').waitFor();
  await soon(() => only.isChecked(), true, 'a contact has a name of one\'s own, and only contacts may pay');
  await desk.getByRole('link', { name: 'Send to Ema from the shop' }).click();
  await soon(() => desk.locator('[name=to]').inputValue(), /^\d{12}$/, 'a contact is sent to with a tap');
  await desk.locator('[name=to]').fill('the shop');
  await house.accessible(desk, 'a recipient by name');
  await desk.getByRole('option', { name: 'Ema from the shop' }).click();
  await soon(() => desk.locator('[name=to]').inputValue(), /^\d{12}$/, 'a contact is found by the name that one gave it');
  await place(desk, 'Security');
}

// chooseNotifications says what to be told of, and when not.
export async function chooseNotifications(house, page) {
  await place(page, 'Settings');
  const box = page.getByRole('checkbox', { name: 'Money received: Email' });
  const kept = keeps(page, 'SetNotifications');
  await box.check();
  await kept;
  check((await page.getByLabel('Until', { exact: true }).count()) === 0, 'no quiet hours are shown where there are none');
  await page.getByRole('switch', { name: 'Quiet hours' }).check();
  await page.getByText(/From 10:00.PM until 8:00.AM. Time zone: Moscow/).waitFor();
  await page.getByLabel('Until', { exact: true }).fill('07:30');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/From 10:00.PM until 7:30.AM/).waitFor();
  check(await page.getByRole('checkbox', { name: 'Security changes: SMS' }).isDisabled(), 'what nobody may turn off cannot be turned off');
  await house.accessible(page, 'the notifications');
  await house.shot('keeper-notifications-phone', page);
  await page.reload();
  await box.waitFor();
  await soon(async () => (await box.isChecked()) && page.getByRole('checkbox', { name: 'Security changes: SMS' }).isChecked(), true, 'what one is told of, and how, is kept');
}

// freeze stops money, and lets it go again.
export async function freeze(house, page, me) {
  await place(page, 'Settings');
  await page.getByRole('link', { name: 'Security', exact: true }).last().click();
  await page.getByRole('button', { name: 'Freeze account' }).click();
  await page.getByText('Your account is frozen: money comes in but doesn’t go out.').waitFor();
  await page.getByRole('heading', { name: 'The account is frozen' }).waitFor();
  await house.accessible(page, 'a frozen account');
  const digits = await code(me.phone, () => page.getByRole('button', { name: 'Unfreeze' }).click());
  await page.getByRole('dialog').locator('[name=code]').fill(digits);
  await page.getByRole('dialog').getByRole('button', { name: 'Unfreeze', exact: true }).click();
  await page.getByText('Your account is frozen: money comes in but doesn’t go out.').waitFor({ state: 'detached' });
  ok('an account is frozen at once, and unfrozen with a code');
}

// usePasskeys has Chromium's own authenticator stand in for a finger.
export async function usePasskeys(house, desk, number) {
  await authenticator(desk);
  await place(desk, 'Security');
  await desk.getByRole('button', { name: 'Add a passkey' }).click();
  await desk.locator('[name=current-password]').fill(anna.password);
  await desk.locator('[name=passkey-name]').fill('Desk');
  await house.accessible(desk, 'adding a passkey');
  await desk.getByRole('dialog').getByRole('button', { name: 'Add a passkey' }).click();
  const shown = (await desk.getByTestId('backup-codes').innerText()).trim().split('\n');
  check(shown.length === 10, 'a passkey is added, and backup codes are shown');
  await desk.keyboard.press('Escape');
  const file = desk.waitForEvent('download');
  await desk.getByRole('button', { name: 'Download' }).click();
  const text = readFileSync(await (await file).path(), 'utf8');
  check(shown.every((one) => text.includes(one)), 'they outlive an Escape, and can be kept as a file');
  await house.accessible(desk, 'the backup codes');
  await desk.getByRole('button', { name: 'I have saved them' }).click();
  await desk.getByTestId('passkey').getByText('Desk').waitFor();
  await house.shot('keeper-security-desk', desk);

  await place(desk, 'Settings');
  await desk.getByRole('checkbox', { name: 'Money received: Email' }).waitFor(); // what is asked for when a session ends is refused
  await desk.getByRole('button', { name: 'Log out', exact: true }).click();
  await desk.getByRole('button', { name: 'Log in with a passkey' }).click();
  await desk.getByTestId('wallet').first().waitFor();
  forgive(house, /status of 401/);
  ok('a passkey opens the account without a password');

  await place(desk, 'Send');
  await fill(desk, { to: number, amount: '1' });
  await (await review(desk)).click();
  await desk.getByRole('button', { name: 'Use a passkey' }).click();
  await desk.getByRole('heading', { name: 'Sent' }).waitFor();
  ok('a passkey confirms a transfer');
}
