// node keeper-account.mjs <baseURL>: all that a person changes about themselves, on a phone.
import { runInBrowser } from './browser.mjs';
import { askForData, certify, changePassword, changePhone, changeProfile, changeQuestion, closeAndKeep, confirmAndChangeEmail, loseThePhone } from './keeper-changes.mjs';
import { anna, asksFor, button, code, drawn, forgive, go, holdAnswer, newest, PHONE, stepIsThere } from './keeper-lib.mjs';
import { base, call, check, nextMessage, ok, register, soon } from './lib.mjs';

await runInBrowser(async (house) => {
  const ema = await register();
  const page = await house.open('/', PHONE);
  await logIn(page, { ...ema, login: ema.email });
  await seeAlerts(house, page);
  const number = await openWallet(page);
  await renameIt(page);
  await setPolicy(house, page, ema);

  const other = await house.open('/', { ...PHONE, locale: 'ru', colorScheme: 'dark' });
  const bearer = await logIn(other, anna);
  await acceptWithAWallet(house, other);
  await acceptAgreements(house, other);
  await beRefused(house, page, ema, number);
  await blockAndUnblock(house, page, number, bearer());
  await lookAround(house, other);

  await changePassword(house, page, ema);
  await confirmAndChangeEmail(house, page, ema);
  await changeQuestion(house, page, ema);
  await changePhone(house, page, ema);
  await askForData(house, page, ema);
  await closeAndKeep(house, page, ema);
  await changeProfile(house, page, ema);
  await certify(house, page);
  await loseThePhone(house, ema);
});

// logIn returns the token that the app sends, for what is asked beside it.
async function logIn(page, { login, phone, password }) {
  let bearer;
  page.on('request', (r) => (bearer = r.headers().authorization ?? bearer));
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=password]').fill(password);
  const digits = await code(phone, () => page.locator('button[type=submit]').click());
  await page.locator('[name=code]').fill(digits);
  await page.locator('button[type=submit]').click();
  await page.getByRole('navigation').first().waitFor();
  return () => bearer.replace('Bearer ', '');
}

async function seeAlerts(house, page) {
  const alerts = page.getByTestId('alerts');
  await alerts.getByText('Logged in · e2e').waitFor();
  check((await alerts.innerText()).includes('1 recent security event'), 'what another device did is told at the top of Home');
  await house.accessible(page, 'Home with an alert');
  await house.shot('account-alerts', page);
  await button(page, 'Yes, it was me').click();
  await alerts.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByText('No wallets yet').waitFor();
  check((await alerts.count()) === 0, 'what was seen is not told again');
}

async function openWallet(page) {
  await page.goto(`${base}/wallets`);
  await button(page, 'Open a wallet').first().click();
  const dialog = page.getByRole('dialog');
  await button(dialog, '“New terms”').click(); // which were accepted with the registration
  check((await dialog.getByRole('group', { name: 'New terms' }).innerText()) === 'The terms, anew.', 'who opens a wallet can read what it is held under');
  await dialog.getByRole('button', { name: 'Open a wallet' }).click();
  return (await page.getByTestId('wallet').innerText()).match(/[A-Z](\s\d{4}){3}/)[0].replace(/\s/g, '');
}

// renameIt has begun to rename the wallet once more when the first answer comes.
async function renameIt(page) {
  await page.getByTestId('wallet').click();
  const dialog = page.getByRole('dialog');
  const rename = async (name) => {
    await page.getByRole('button', { name: /^More: / }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await dialog.getByLabel('Name').fill(name);
  };
  await rename('Bread');
  const late = await holdAnswer(page, '**/graphql', asksFor('RenameWallet'));
  await button(dialog, 'Save').click();
  await late.reached;
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await rename('Butter');
  await late.letGo();
  await button(page, 'More: Bread').waitFor({ state: 'attached' });
  check((await dialog.getByLabel('Name').inputValue()) === 'Butter', 'a late answer closes nobody’s next dialog');
  await button(dialog, 'Save').click();
  await dialog.waitFor({ state: 'detached' });
  await button(page, 'More: Butter').waitFor();
}

async function setPolicy(house, page, ema) {
  await go(page, 'Limits and codes');
  await page.getByTestId('limit').nth(2).waitFor();
  check(/0\.00\sWMZ of 100\.00\sWMZ/.test(await page.getByTestId('limit').first().innerText()), 'the limits of a currency are shown');
  await page.getByText('Right now, every transfer to others needs a code.').waitFor();
  await page.locator('[name=withoutCodeUpTo]').fill('0,500');
  await button(page, 'Save').click();
  await page.getByText('Write it like 1,234.50').waitFor();
  await page.locator('[name=withoutCodeUpTo]').fill('7.5');
  const first = await code(ema.phone, () => button(page, 'Save').click());
  await stepIsThere(page);
  await page.goBack();
  await soon(() => page.locator('[name=withoutCodeUpTo]').inputValue(), '7.5', 'who goes back from the code is at the form, as it was');
  await button(page, 'Save').click();
  await page.locator('[name=code]').fill(await newest(ema.phone, first));
  await house.accessible(page, 'the code for more without a code');
  await button(page, 'Confirm').click();
  await page.getByText('From now on, up to 7.50 WMZ goes without a code').waitFor();
  await page.reload();
  await page.getByText('Right now, up to 7.50 WMZ goes without a code').waitFor();
  await house.accessible(page, 'the limits');
  await house.shot('account-limits', page);
  await button(page, 'Always ask for a code').click();
  await page.getByText('From now on, every transfer to others needs a code.').waitFor();
  ok('what goes without a code is raised with a code and lowered without');
}

// acceptWithAWallet opens a wallet under terms that are newer than those that were accepted.
async function acceptWithAWallet(house, page) {
  await page.goto(`${base}/wallets`);
  await page.getByTestId('wallet').first().waitFor();
  const before = await page.getByTestId('wallet').count();
  await button(page, 'Открыть кошелёк').click();
  const dialog = page.getByRole('dialog');
  await button(dialog, '«Новые условия»').click();
  await dialog.getByText('Условия, заново.').waitFor();
  await button(dialog, 'Открыть кошелёк').click();
  await dialog.getByText('Чтобы продолжить, примите этот документ.').waitFor();
  await page.waitForFunction(() => document.activeElement.type === 'checkbox');
  await house.accessible(page, 'opening a wallet under new terms');
  await dialog.getByRole('checkbox').check();
  await button(dialog, 'Открыть кошелёк').click();
  await soon(() => page.getByTestId('wallet').count(), before + 1, 'new terms are accepted with the wallet that is opened under them');
  await dialog.waitFor({ state: 'detached' });
  await callOff(page, dialog, before + 1);
}

// callOff has thought better of a wallet by the time its terms are accepted. They are newer ones by the app's account alone: the server has but one newer version.
async function callOff(page, dialog, count) {
  const renewed = async (route) => {
    if (!asksFor('Terms')(route.request())) return route.fallback();
    const answer = await (await route.fetch()).json();
    answer.data.viewer.pendingAgreements = answer.data.agreements;
    return route.fulfill({ json: answer });
  };
  await page.route('**/graphql', renewed);
  const late = await holdAnswer(page, '**/graphql', asksFor('AcceptAgreements'));
  await button(page, 'Открыть кошелёк').click();
  await dialog.getByRole('checkbox').check();
  await button(dialog, 'Открыть кошелёк').click();
  await late.reached;
  await button(dialog, 'Отмена').click();
  await dialog.waitFor({ state: 'detached' });
  let asked = 0;
  page.on('request', (request) => { if (asksFor('OpenWallet')(request)) asked++; });
  await late.letGo();
  await drawn(page);
  await page.unroute('**/graphql', renewed);
  check(asked === 0 && (await page.getByTestId('wallet').count()) === count, 'a wallet that was called off while its terms were accepted is not opened');
}

async function acceptAgreements(house, page) {
  await page.getByTestId('new-agreements').getByRole('link', { name: 'Прочитать' }).click();
  await page.getByRole('heading', { name: 'Новые правила' }).waitFor();
  await page.getByText('Данные, заново.').waitFor();
  check((await page.getByText('Условия, заново.').count()) === 0, 'what was accepted already is not asked for again');
  await house.accessible(page, 'a new version of the agreements, in Russian and dark');
  await house.shot('account-agreements', page);
  await button(page, 'Прочитано, принимаю').click();
  await page.getByText('Принято. Спасибо.').waitFor();
  await page.reload();
  await page.getByText('Вы приняли действующие версии').waitFor();
  check((await page.getByTestId('new-agreements').count()) === 0, 'a new version of the agreements is asked for on every screen until it is accepted');
}

// beRefused has the API refuse what the form of the app would not even send.
async function beRefused(house, page, ema, number) {
  await go(page, 'Declined transfers');
  await page.getByText('No declined transfers').waitFor();
  const input = { from: number, to: { phone: anna.phone }, amount: '90', idempotencyKey: crypto.randomUUID() };
  const refusal = await call('CreateTransfer', { input }, ema.accessToken).catch((e) => e.message);
  check(/INSUFFICIENT_FUNDS/.test(refusal), 'an attempt without money is refused');
  await page.reload();
  const attempt = page.getByTestId('refused');
  await attempt.waitFor();
  check(/90\.00\sWMZ/.test(await attempt.innerText()) && /There was not enough money|not enough/i.test(await attempt.innerText()), 'a refused attempt is shown with its reason in words');
  await house.accessible(page, 'refused attempts');
  await house.shot('account-refused', page);
  await attempt.getByRole('link', { name: 'Top up the wallet' }).click();
  await page.getByRole('heading', { name: 'Receive' }).waitFor();
  ok('a refused attempt leads to a way out');
}

async function blockAndUnblock(house, page, number, bearer) {
  const wallets = await call('Wallets', {}, bearer);
  const from = wallets.wallets.find((w) => w.number.startsWith('Z')).number;
  const pay = () => call('CreateTransfer', { input: { from, to: { walletNumber: number }, amount: '1', idempotencyKey: crypto.randomUUID() } }, bearer);
  const { message, result } = await nextMessage(anna.phone, (m) => m.code, pay);
  await call('ConfirmTransfer', { input: { transferId: result.transfer.id, code: message.code } }, bearer);

  await page.goto(base);
  await page.getByTestId('transfer').first().click();
  await page.getByRole('button', { name: /^Block/ }).click();
  await page.getByText('Transfers from this person will no longer reach you.').waitFor();
  await house.accessible(page, 'what blocking does');
  await house.shot('account-block', page);
  await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText('is blocked. Their transfers won’t reach you.').waitFor();
  const refusal = await pay().catch((e) => e.message);
  check(/RECIPIENT_REFUSES/.test(refusal), 'who is blocked from a transfer can send nothing more');

  await go(page, 'Blocked people');
  await page.getByTestId('blocked').waitFor();
  await house.accessible(page, 'blocked people');
  await house.shot('account-blocked', page);
  await page.getByRole('button', { name: /^Unblock/ }).click();
  await page.getByText('No one is blocked').waitFor();
  const { result: again } = await nextMessage(anna.phone, (m) => m.code, pay);
  check(again.transfer.id, 'who is unblocked can send again');

  await page.goto(`${base}/contacts`);
  await button(page, 'Add a contact').click();
  await page.locator('[name=contact-to]').fill(anna.phone);
  await page.locator('[name=contact-name]').fill('Anna');
  await button(page, 'Save').click();
  await button(page, 'More: Anna').click();
  await page.getByRole('menuitem', { name: 'Block' }).waitFor();
  await house.accessible(page, 'what can be done with a contact');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await house.shot('account-contact', page);
  const dialog = page.getByRole('dialog');
  const block = () => button(dialog, 'Block').click();
  await page.route('**/graphql', (route) => (asksFor('Block')(route.request()) ? route.abort() : route.fallback()));
  await block();
  await dialog.getByRole('alert').waitFor();
  await button(dialog, 'Back').click();
  await dialog.waitFor({ state: 'detached' });
  await page.unroute('**/graphql');
  forgive(house, /ERR_FAILED/);
  await button(page, 'More: Anna').click();
  await page.getByRole('menuitem', { name: 'Block' }).click();
  await dialog.waitFor();
  await drawn(page);
  check((await dialog.getByRole('alert').count()) === 0, 'what went wrong before is not said of what is asked now');
  await block();
  await page.getByText('Anna is blocked. Their transfers won’t reach you.').waitFor();
  await page.reload();
  const marked = page.getByTestId('contact').filter({ hasText: 'Blocked' });
  await marked.waitFor();
  ok('who is a contact is blocked from the contacts, and marked there');
  await button(page, 'More: Anna').click();
  await page.getByRole('menuitem', { name: 'Unblock' }).click();
  await marked.waitFor({ state: 'detached' });
  ok('and is unblocked there');
}

// lookAround looks at each screen in Russian and dark.
async function lookAround(house, page) {
  let title = await page.title();
  for (const path of ['profile', 'email', 'phone', 'password', 'question', 'certificate', 'limits', 'refused', 'blocked', 'export', 'close']) {
    await page.evaluate((to) => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }, `/settings/${path}`);
    await page.waitForFunction((was) => document.querySelector('h1') && document.title !== was, title);
    title = await page.title();
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    await house.accessible(page, `${path}, in Russian and dark`);
    await house.shot(`account-ru-${path}`, page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) throw new Error(`${path} is ${wide} pixels wider than the phone`);
  }
  ok('no screen is wider than the phone');
}
