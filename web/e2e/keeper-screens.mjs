// The screens of the web app in the order in which people come to them, in the language of the texts t.
import { code, newPerson } from './keeper-lib.mjs';
import { nextMessage } from './lib.mjs';

const ACCOUNT = ['profile', 'email', 'phone', 'password', 'question', 'certificate', 'limits', 'refused', 'blocked', 'export', 'close', 'agreements'];
const anna = { phone: '+79000000002', login: 'anna@purser.test', password: 'demo-password' };

const submit = (page) => page.locator('main button[type=submit], form button[type=submit]').filter({ visible: true }).first();
const press = (page, name) => page.getByRole('button', { name, exact: true }).filter({ visible: true }).first().click();
const dialog = (page) => page.getByRole('dialog');

// go opens an address as a link of the app does, without loading the app anew.
async function go(page, path) {
  await page.evaluate((to) => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await page.waitForTimeout(100);
  await page.locator('h1').waitFor();
}

// walk goes through all of them with a new person and with anna, who pays them.
export async function walk({ open, t, look, house }) {
  const me = newPerson('Эмилия');
  const own = await open('/login');
  await begin({ page: own, me, t, look });
  const number = await firstWallet({ page: own, t, look });
  const payer = await open('/');
  await logIn(payer, anna);
  await send({ page: payer, to: number, t, look, house });
  await receive({ page: own, t, look });
  await around({ page: own, number, t, look });
  await settings({ page: own, t, look });
  await known({ page: payer, t, look });
  await leave({ page: own, me, t, look });
  for (const page of [own, payer]) await page.context().close();
}

// begin opens an account.
async function begin({ page, me, t, look }) {
  await look(page, 'login');
  await page.locator('[name=login]').fill('anna@purser.test');
  await page.locator('[name=password]').fill('wrong password');
  await submit(page).click();
  await page.getByRole('alert').first().waitFor();
  await look(page, 'login-refused');
  await go(page, '/register');
  await page.locator('[name=phone]').waitFor();
  await look(page, 'register-phone');
  await page.locator('[name=phone]').fill(me.phone);
  await submit(page).click();
  await page.locator('[name=firstName]').waitFor();
  await look(page, 'register-profile');
  const typed = { firstName: me.firstName, lastName: 'Константинопольская', birthDate: '1990-02-03', email: me.email, securityQuestion: 'Which street?', securityAnswer: 'Lime Street' };
  for (const [name, text] of Object.entries(typed)) await page.locator(`[name=${name}]`).fill(text);
  const digits = await code(me.phone, () => submit(page).click());
  await page.locator('[name=code]').waitFor();
  await look(page, 'register-code');
  await page.locator('[name=code]').fill(digits);
  await submit(page).click();
  await page.locator('[name=new-password]').waitFor();
  await page.getByRole('checkbox').first().waitFor();
  await page.locator('[name=new-password]').fill(me.password);
  await page.locator('[name=new-password-again]').fill('something else');
  await look(page, 'register-password');
  await page.locator('[name=new-password-again]').fill(me.password);
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await submit(page).click();
  await page.getByTestId('wmid').waitFor();
  await look(page, 'register-wmid');
  await press(page, t.start);
}

// firstWallet is where a new person begins.
async function firstWallet({ page, t, look }) {
  await page.getByText(t.noWallets).waitFor();
  await look(page, 'wallets-none');
  for (const path of ['/', '/send', '/receive', '/history', '/contacts']) {
    await go(page, path);
    await look(page, `${path.slice(1) || 'home'}-none`);
  }
  await go(page, '/wallets');
  await press(page, t.openWallet);
  await dialog(page).locator('input').last().fill('На каждый день');
  await look(page, 'wallets-open');
  await dialog(page).locator('button[type=submit]').click();
  await page.getByTestId('wallet').waitFor();
  await look(page, 'wallets');
  return (await page.getByTestId('wallet').innerText()).match(/[A-Z]( \d{4}){3}/)[0].replace(/ /g, '');
}

// send goes through all that becomes of a payment.
async function send({ page, to, t, look, house }) {
  const fill = async (amount, memo) => {
    await go(page, '/send');
    await page.locator('[name=to]').fill(to);
    await page.locator('[name=amount]').fill(amount);
    await page.getByRole('textbox', { name: t.memo }).fill(memo);
    await page.getByTestId('quote').locator('dl').waitFor();
  };
  await go(page, '/send');
  await page.locator('[name=to]').fill(`${to.slice(0, -1)}${(Number(to.at(-1)) + 1) % 10}`);
  await page.locator('[name=amount]').fill('12,5,');
  await look(page, 'send-mistyped');
  await fill('120', t.memoOf);
  await look(page, 'send-quote');
  await press(page, t.review);
  await page.getByTestId('review').waitFor();
  await look(page, 'send-review');
  const digits = await code(anna.phone, () => page.getByTestId('review').getByRole('button').first().click());
  await page.locator('[name=code]').waitFor();
  await look(page, 'send-code');
  await page.locator('[name=code]').fill(digits);
  await submit(page).click();
  await page.getByRole('button', { name: t.another }).waitFor();
  await look(page, 'send-done');
  await press(page, t.another);

  await fill('30', 'с защитой');
  await page.getByText(t.protectCode, { exact: true }).click();
  await page.getByLabel(t.protectionCode).fill('2468');
  await look(page, 'send-protected');
  await press(page, t.review);
  await confirm(page);
  await look(page, 'send-protected-done');
  await press(page, t.another);

  await fill('9000000', '');
  await page.getByTestId('quote').getByRole('alert').first().waitFor();
  await look(page, 'send-refused');
  await fill('3', '');
  await press(page, t.review);
  await page.route('**/graphql', (route) => (/"(CreateTransfer|ByKey)"/.test(route.request().postData() ?? '') ? route.abort('connectionreset') : route.fallback()));
  await page.getByTestId('review').getByRole('button').first().click();
  await page.getByText(t.lostTitle).waitFor();
  await look(page, 'send-lost');
  await page.unroute('**/graphql');
  await page.locator('[name=code]').waitFor();
  await press(page, t.cancel);
  house.trouble.length = 0;
}

async function confirm(page) {
  const digits = await code(anna.phone, () => page.getByTestId('review').getByRole('button').first().click());
  await page.locator('[name=code]').fill(digits);
  await submit(page).click();
  await page.locator('[name=code]').waitFor({ state: 'detached' });
}

// receive is what the person who is paid sees.
async function receive({ page, t, look }) {
  await go(page, '/');
  await page.getByTestId('transfer').nth(1).waitFor();
  await look(page, 'home');
  const [held, paid] = await Promise.all([0, 1].map((i) => page.getByTestId('transfer').nth(i).getAttribute('href')));
  await go(page, held);
  await page.getByLabel(t.enterProtectionCode).fill('1111');
  await submit(page).click();
  await page.getByRole('alert').first().waitFor();
  await look(page, 'transfer-protected');
  await go(page, paid);
  await page.getByRole('button', { name: t.refund }).click();
  await page.getByLabel(t.refundAmount).fill('4');
  await look(page, 'transfer-refund');
  await submit(page).click();
  await page.getByText(t.refunded, { exact: true }).waitFor();
  await look(page, 'transfer');
  await go(page, '/transfers/none');
  await look(page, 'transfer-nothing');
  await go(page, '/receive');
  await page.getByLabel(t.askFor).fill('12.50');
  await submit(page).click();
  await page.getByText('/pay#token=').waitFor();
  await look(page, 'receive');
}

// around are the places of the bar.
async function around({ page, number, t, look }) {
  await go(page, '/history');
  await page.getByTestId('transfer').first().waitFor();
  await look(page, 'history');
  await press(page, t.filters);
  await page.getByLabel(t.fromDay).fill('2020-01-01');
  await page.getByLabel(t.untilDay).fill('2020-01-31');
  await page.getByText(t.filterNothing).waitFor();
  await look(page, 'history-filters');
  await go(page, `/wallets/${number}`);
  await page.getByTestId('entry').first().waitFor();
  await press(page, t.period);
  await look(page, 'wallet');
  for (const [name, what] of [['rename', t.rename], ['close', t.closeWallet]]) {
    await press(page, what);
    await dialog(page).waitFor();
    await look(page, `wallet-${name}`);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
  }
  await go(page, '/contacts');
  await press(page, t.addContact);
  await dialog(page).locator('[name=contact-to]').fill('+79000000003');
  await dialog(page).locator('[name=contact-name]').fill('Боря из соседнего дома');
  await look(page, 'contacts-add');
  await dialog(page).locator('button[type=submit]').click();
  await page.getByTestId('contact').waitFor();
  await look(page, 'contacts');
}

async function settings({ page, t, look }) {
  await go(page, '/security');
  await look(page, 'security');
  for (const [what, name] of [['passkey', t.addPasskey], ['app', `${t.authenticator}: ${t.turnOn}`]]) {
    await press(page, name);
    await dialog(page).waitFor();
    await look(page, `security-${what}`);
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
  }
  await go(page, '/settings');
  await look(page, 'settings');
  for (const name of ACCOUNT) {
    await go(page, `/settings/${name}`);
    await look(page, `settings-${name}`);
  }
  await go(page, '/');
  await page.getByTestId('wallet').first().waitFor();
  await page.context().setOffline(true);
  await look(page, 'home-offline');
  await go(page, '/send');
  await look(page, 'send-offline');
  await page.context().setOffline(false);
  await go(page, '/security');
  await press(page, t.freeze);
  await page.getByText(t.frozen).first().waitFor();
  await look(page, 'security-frozen');
}

// known is what somebody sees who has paid, and has several wallets.
async function known({ page, t, look }) {
  for (const path of ['/', '/wallets', '/contacts', '/send', '/history']) {
    await go(page, path);
    if (path === '/send') await page.locator('[name=to]').fill('Э');
    if (path === '/history') await page.getByTestId('transfer').first().waitFor();
    await look(page, `payer-${path.slice(1) || 'home'}`);
  }
  await go(page, '/settings/certificate');
  await look(page, 'payer-certificate');
}

// leave logs out and recovers access.
async function leave({ page, me, t, look }) {
  await go(page, '/settings');
  await press(page, t.logOut);
  await page.locator('[name=password]').waitFor();
  await go(page, '/recovery/phone');
  await look(page, 'lost-phone');
  await go(page, '/recovery');
  await page.locator('[name=login]').fill(me.email);
  await look(page, 'recovery');
  const digits = await code(me.phone, () => submit(page).click());
  await page.locator('[name=code]').waitFor();
  await look(page, 'recovery-code');
  await page.locator('[name=code]').fill(digits);
  await submit(page).click();
  await page.locator('[name=securityAnswer]').fill('lime street');
  await look(page, 'recovery-answer');
  me.password = `another sentence ${me.serial}`;
  await page.locator('[name=new-password]').fill(me.password);
  await page.locator('[name=new-password-again]').fill(me.password);
  await submit(page).click();
  await page.getByText(t.recovered).waitFor();
  await look(page, 'recovery-done');
  await go(page, '/login');
  await page.locator('[name=login]').fill(me.phone);
  await page.locator('[name=password]').fill(me.password);
  await code(me.phone, () => submit(page).click());
  await page.locator('[name=code]').waitFor();
  await look(page, 'login-code');
}

async function logIn(page, person) {
  await page.locator('[name=login]').fill(person.login);
  await page.locator('[name=password]').fill(person.password);
  const { message } = await nextMessage(person.phone, (m) => m.code, () => submit(page).click());
  await page.locator('[name=code]').fill(message.code);
  await submit(page).click();
  await page.getByTestId('wallet').first().waitFor();
}
