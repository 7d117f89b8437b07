// node keeper-small.mjs <baseURL>: the web app's country list, its theme from the first moment, its sound, and a payment link that leads into it.
import { runInBrowser } from './browser.mjs';
import { call, check, ok, soon } from './lib.mjs';
import { fillProfile, loses } from './keeper-entry.mjs';
import { alone, anna, arrival, boris, button, code, DESK, drawn, forgive, linkFor, logIn, numberOf, payLinkBy, PHONE, place, review, send, tokenOf } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  await countries(house);
  const desk = await house.open('/', DESK);
  await logIn(desk, anna);
  const phone = await house.open('/', PHONE);
  await logIn(phone, boris);
  await theme(house, desk);
  await goingBack(phone);
  await sound(house, desk, phone);
  await payLink(house, desk, phone);
  await payInItsCurrency(desk);
  forgive(house, /ERR_FAILED/);
});

async function countries(house) {
  const page = await house.open('/register', PHONE);
  const [country, number] = [page.getByRole('combobox', { name: 'Country' }), page.locator('[name=phone]')];
  await number.waitFor();
  await soon(() => country.inputValue(), /Russia \+7$/, 'the country is guessed by the time zone');
  check((await number.getAttribute('placeholder')) === '+7 (000) 000-00-00', 'a mask shows how a number is written');
  const both = async () => [await number.inputValue(), await country.inputValue()];
  await number.pressSequentially('89021234567');
  await soon(() => number.inputValue(), '+7 (902) 123-45-67', 'a number is written as its country does, while it is typed');
  for (const [typed, shown, where] of [
    ['+79021234567', '+7 (902) 123-45-67', /Russia/], ['79021234567', '+7 (902) 123-45-67', /Russia/], ['9021234567', '+7 (902) 123-45-67', /Russia/], ['+7 902 123-45-67', '+7 (902) 123-45-67', /Russia/],
    ['+77711234567', '+7 (771) 123-45-67', /Kazakhstan/], ['+14155550123', '+1 415 555 0123', /United States/], ['+442079460958', '+44 20 7946 0958', /United Kingdom/], ['+790212345678', '+7 (902) 123-45-678', /Russia|Kazakhstan/], ['+777112345678', '+7 (771) 123-45-678', /Kazakhstan/],
  ]) {
    await number.fill('');
    await country.click();
    await country.fill('russia');
    await page.getByRole('option', { name: /Russia \+7$/ }).click();
    await number.fill('');
    await number.pressSequentially(typed);
    await soon(both, ([text, land]) => text === shown && where.test(land), `${typed}, typed key by key, is ${shown}`);
  }
  await country.click();
  await country.fill('ukraine');
  await page.getByRole('option', { name: /Ukraine/ }).click();
  await number.fill('');
  await number.pressSequentially('380501234567');
  await soon(both, ([text, land]) => text.replace(/\D/g, '') === '380501234567' && /Ukraine/.test(land), 'a country’s code that is typed without its + is not taken twice');
  await number.fill('');
  await number.fill('+49 151 23456789'); // as pasted
  await soon(both, ([text, land]) => /Germany \+49$/.test(land) && text.startsWith('+49 151'), 'a whole number that is pasted switches the country');
  await country.click();
  await page.getByRole('option').nth(9).waitFor();
  await house.accessible(page, 'the list of countries, which is longer than it shows');
  await country.fill('united kingdom');
  await page.getByRole('option').nth(1).waitFor({ state: 'detached' });
  await page.getByRole('option', { name: /United Kingdom \+44$/ }).waitFor();
  await house.shot('keeper-countries-phone', page);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await soon(both, ([text, land]) => /United Kingdom \+44$/.test(land) && text.startsWith('+44'), 'a country is found and chosen by the keyboard');
  await country.click();
  await country.fill('+375');
  await page.getByRole('option', { name: /Belarus/ }).click();
  await soon(() => number.inputValue(), /^\+375/, 'or by its code');
  await page.context().close();
}

// theme holds the app's own scripts back, and looks at what is drawn meanwhile.
async function theme(house, page) {
  await page.emulateMedia({ colorScheme: 'light' });
  await place(page, 'Settings');
  await page.getByText('Dark', { exact: true }).click();
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor();
  const fresh = await page.context().newPage();
  await fresh.emulateMedia({ colorScheme: 'light' });
  await fresh.addInitScript(() => {
    window.schemes = [];
    const look = () => {
      if (document.body) window.schemes.push(getComputedStyle(document.body).backgroundColor);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await fresh.goto(page.url());
  await fresh.getByRole('heading', { name: 'Settings' }).waitFor();
  const dark = await fresh.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const seen = await fresh.evaluate(() => [...new Set(window.schemes)]);
  check(seen.length === 1 && seen[0] === dark && dark === 'rgb(14, 26, 31)', `who chose dark sees no other theme for a moment (${seen})`);
  const bars = () => fresh.evaluate(() => [getComputedStyle(document.querySelector('header')).backgroundColor, ...[...document.querySelectorAll('meta[name=theme-color]')].map(({ content }) => {
    const probe = document.createElement('i');
    probe.style.color = content;
    return probe.style.color;
  })]);
  const alike = (colors) => colors.length === 3 && new Set(colors).size === 1;
  await soon(bars, alike, 'the browser’s own bars are as dark as the header');
  await fresh.close();
  await page.getByText('System', { exact: true }).click();
}

// goingBack asks the browser to close what is open, as a phone's button does. Chromium takes Escape for that button; the page does not hear it here.
async function goingBack(phone) {
  await phone.addInitScript(() => addEventListener('keydown', (event) => event.key === 'Escape' && event.stopImmediatePropagation(), { capture: true }));
  await phone.goto(new URL('/wallets', phone.url()).href);
  await phone.getByTestId('wallet').first().waitFor();
  await button(phone, 'Open a wallet').click();
  await phone.getByRole('dialog').waitFor();
  await phone.keyboard.press('Escape');
  await phone.getByRole('dialog').waitFor({ state: 'detached' });
  check(new URL(phone.url()).pathname === '/wallets', 'the button with which a phone goes back closes a dialog, and leaves the page');
  await place(phone, 'Home');
}

async function sound(house, desk, phone) {
  await phone.evaluate(() => {
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      window.tones++;
      return start.apply(this, when);
    };
  });
  const to = await numberOf(phone);
  const first = arrival(phone, '2.00');
  await send(desk, anna, { to, amount: '2' });
  await first;
  await drawn(phone);
  check((await phone.evaluate(() => window.tones)) === 0, 'there is no sound unless it is asked for');
  await place(phone, 'Settings');
  await phone.getByRole('switch', { name: 'Sound when money arrives' }).check();
  const tones = () => phone.evaluate(() => window.tones);
  await soon(tones, (heard) => heard > 0, 'who turns it on hears it');
  const before = await tones();
  await desk.getByRole('button', { name: 'Send another' }).click();
  const second = arrival(phone, '3.00');
  await send(desk, anna, { to, amount: '3' });
  await second;
  await soon(tones, (heard) => heard > before, 'money that comes is heard');
}

// askOtherwise types another sum, and one that no link is made for: the link that stands asks for neither, and is not passed on.
async function askOtherwise(phone) {
  const [amount, copy, update] = [phone.getByLabel('Amount (optional)'), phone.getByRole('button', { name: 'Copy link' }), phone.getByRole('button', { name: 'Update the link' })];
  await amount.fill('6');
  await soon(() => copy.isDisabled(), true, 'a link that asks for less than is typed is not passed on');
  await amount.fill('5.005');
  await update.click();
  await phone.locator('[aria-invalid=true]').waitFor();
  await soon(async () => (await copy.isDisabled()) && phone.getByTestId('link').isVisible(), true, 'nor is one that stays when another is refused');
  await amount.fill('5');
  await soon(() => copy.isEnabled(), true, 'what is typed is what the link asks for again');
}

// payLink follows a payment link into the app: signed in, and not.
async function payLink(house, desk, phone) {
  await place(phone, 'Receive');
  await linkFor(phone, '5');
  await askOtherwise(phone);
  const url = await phone.getByTestId('link').getAttribute('title');
  const path = new URL(url).pathname + new URL(url).hash;
  for (const [who, page] of [['who is signed in', desk], ['who is not', await house.open('/pages/favicon.svg', DESK)]]) {
    await page.goto(new URL(path, phone.url()).href);
    const link = page.getByRole('link', { name: 'Pay in Keeper' });
    await link.waitFor();
    await house.accessible(page, 'a payment link');
    await link.click();
    if (page !== desk) await logInToPay(house, page);
    await page.getByTestId('quote').getByText('Boris Ivanov').waitFor();
    await soon(() => page.locator('[name=amount]').inputValue(), /^5/, `${who} comes from a payment link to the payment`);
    if (page === desk) await payOtherwise(page);
  }
  ok('payment links lead into the app');
}

// payInItsCurrency follows a link that asks for a currency of which the payer has no wallet.
async function payInItsCurrency(page) {
  const token = await tokenOf(boris);
  const { wallet } = await call('OpenWallet', { input: { currency: 'K', name: 'Tenge' } }, token);
  await page.goto(new URL(`/wallets#pay=${await payLinkBy(token, { walletNumber: wallet.number, amount: '5' })}`, page.url()).href);
  await page.getByText('open a WMK wallet, then pay').waitFor();
  await button(page, 'Open a wallet').click();
  const dialog = page.getByRole('dialog');
  await soon(() => dialog.getByRole('combobox', { name: 'Currency' }).inputValue(), /WMK/, 'the currency that a payment link asks for is chosen already');
  await button(dialog, 'Open a wallet').click();
  await page.getByRole('link', { name: 'Go to the payment' }).click();
  await soon(() => page.locator('[name=to]').inputValue(), (to) => to.replace(/\s/g, '') === wallet.number, 'and the payment goes on');
  await page.evaluate(() => (location.hash = '#pay=broken'));
  await page.getByText('This payment link is not valid').waitFor();
  await soon(() => page.locator('[name=to]').inputValue(), '', 'a link that is none takes along what another one had filled in');
  const own = await payLinkBy(await tokenOf(anna), { amount: '5' });
  await page.evaluate((link) => (location.hash = `#pay=${link}`), own);
  await page.getByText('This payment link is your own').waitFor();
  ok('who follows a link of their own is told');
}

// payOtherwise pays more than the link asks for, and thinks better of it: by then all that was asked has been asked anew.
async function payOtherwise(page) {
  await page.locator('[name=amount]').fill('6');
  const sendIt = await review(page);
  const anew = page.waitForResponse((r) => r.request().postData()?.includes('"PayRequest"') ?? false);
  await alone(anna.phone, async () => {
    await code(anna.phone, () => sendIt.click());
    await page.getByRole('button', { name: 'Cancel' }).click();
  });
  await (await anew).finished();
  await page.getByTestId('quote').getByText('6.05').waitFor();
  check((await page.locator('[name=amount]').inputValue()) === '6', 'what was changed of what a link asks for stays');
}

// logInToPay looks for the way back in first, then registers a phone that has an account, and is led to log in: the payment is there all the while.
async function logInToPay(house, page) {
  await page.waitForURL(/#pay=./);
  const pay = new URL(page.url()).hash;
  ok('a payment link is in the address');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await page.getByRole('link', { name: 'I lost my phone too' }).click();
  await page.getByRole('link', { name: 'Back to login' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.locator('[name=phone]').fill(anna.phone);
  const wasLost = await loses(page, 'StartRegistration', { served: false });
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('We couldn’t reach the server.').waitFor();
  await page.getByRole('button', { name: 'Continue' }).click();
  await fillProfile(page, { firstName: 'Nina', email: 'nobody@purser.test' });
  await wasLost();
  const before = await code(anna.phone, () => page.getByRole('button', { name: 'Continue' }).click());
  await page.locator('[name=code]').fill(before);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('heading', { name: 'You already have an account' }).waitFor();
  await house.accessible(page, 'a phone that has an account');
  await page.goBack();
  await page.getByRole('heading', { name: 'About you' }).waitFor();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByRole('heading', { name: 'You already have an account' }).waitFor();
  ok('who goes back from that, and on, is told so again');
  await page.reload();
  await page.getByText('Log in with this phone and the account’s password').waitFor();
  await page.getByRole('link', { name: 'Log in' }).click();
  await soon(() => page.getByLabel('WMID, phone, or email').inputValue(), anna.phone, 'a known phone is led to log in');
  await soon(() => new URL(page.url()).hash, pay, 'a payment link comes along on every way to a log-in');
  await page.locator('[name=password]').fill(anna.password);
  const digits = await code(anna.phone, () => page.getByRole('button', { name: 'Log in', exact: true }).click());
  await page.locator('[name=code]').fill(digits);
  await page.getByRole('button', { name: 'Confirm' }).click();
}
