// node keeper-account.mjs <baseURL>: all that a person changes about themselves, on a phone.
import { runInBrowser } from './browser.mjs';
import { base, call, check, nextMessage, ok, register } from './lib.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' };
const anna = { phone: '+79000000002', login: 'anna@purser.test', password: 'demo-password' };
const fresh = String(Date.now() + 1).slice(-7);

const code = async (to, action) => (await nextMessage(to, (m) => m.code, action)).message.code;

const button = (page, name) => page.getByRole('button', { name, exact: true });

await runInBrowser(async (house) => {
  const ema = await register();
  const page = await house.open('/', PHONE);
  await logIn(page, { ...ema, login: ema.email });
  await seeAlerts(house, page);
  const number = await openWallet(page);
  await setPolicy(house, page, ema);

  const other = await house.open('/', { ...PHONE, locale: 'ru', colorScheme: 'dark' });
  const bearer = await logIn(other, anna);
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

// go opens a screen behind the settings as people do.
async function go(page, name) {
  await page.getByRole('navigation').getByRole('link', { name: 'Settings', exact: true }).filter({ visible: true }).first().click();
  await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

async function seeAlerts(house, page) {
  const alerts = page.getByTestId('alerts');
  await alerts.getByText('Signed in · e2e').waitFor();
  check((await alerts.innerText()).includes('1 change you may not have seen'), 'what another device did is told at the top of Home');
  await house.accessible(page, 'Home with an alert');
  await house.shot('account-alerts', page);
  await button(page, 'It was me').click();
  await alerts.waitFor({ state: 'detached' });
  await page.reload();
  await page.getByText('No wallets yet').waitFor();
  check((await alerts.count()) === 0, 'what was seen is not told again');
}

// follow opens the link of a letter in a window of its own, and confirms.
async function follow(page, link) {
  const letter = await page.context().newPage();
  await letter.goto(link.replace(/^https?:\/\/[^/]+/, base));
  await letter.locator('#confirm').click();
  await letter.locator('#outcome.good').waitFor();
  await letter.close();
}

async function confirmAndChangeEmail(house, page, ema) {
  await go(page, 'E-mail');
  await page.getByText('not confirmed yet').waitFor();
  const { message: again } = await nextMessage(ema.email, (m) => m.link.includes('verify-email'), () => button(page, 'Send the letter again').click());
  await page.getByText('The letter is on its way.').waitFor();
  await house.accessible(page, 'the e-mail, not confirmed');
  await follow(page, again.link);
  await page.reload();
  await page.getByText('confirmed', { exact: true }).waitFor();
  ok('an e-mail is confirmed by the letter that was sent again');

  const address = `new-${ema.email}`;
  await page.locator('[name=newEmail]').fill(address);
  await page.locator('[name=currentPassword]').fill('wrong sentence');
  await button(page, 'Send the letter').click();
  await page.getByText('The current password is wrong').waitFor();
  check((await page.locator('[name=currentPassword]').getAttribute('aria-invalid')) === 'true', 'a wrong password is told at its field');
  await page.locator('[name=currentPassword]').fill(ema.password);
  const { message } = await nextMessage(address, (m) => m.link.includes('verify-email'), () => button(page, 'Send the letter').click());
  await page.getByText(`We have sent a letter to ${address}`).waitFor();
  await page.reload();
  await page.getByText(`We have sent a letter to ${address}`).waitFor();
  await house.accessible(page, 'a new e-mail that waits');
  await house.shot('account-email', page);
  await follow(page, message.link);
  await page.reload();
  await page.getByText(`Your e-mail is now ${address}.`).waitFor();
  ema.email = address;
  ok('an e-mail changes when the link of the letter was opened');
}

async function openWallet(page) {
  await page.goto(`${base}/wallets`);
  await button(page, 'Open a wallet').first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Open a wallet' }).click();
  return (await page.getByTestId('wallet').innerText()).match(/[A-Z]( \d{4}){3}/)[0].replace(/ /g, '');
}

async function setPolicy(house, page, ema) {
  await go(page, 'Limits and codes');
  await page.getByTestId('limit').nth(2).waitFor();
  check((await page.getByTestId('limit').first().innerText()).includes('0.00 WMZ of 100.00 WMZ'), 'the limits of a currency are shown');
  await page.getByText('Now each transfer to others needs a code.').waitFor();
  await page.locator('[name=withoutCodeUpTo]').fill('7,5');
  const digits = await code(ema.phone, () => button(page, 'Save').click());
  await page.locator('[name=code]').fill(digits);
  await house.accessible(page, 'the code for more without a code');
  await button(page, 'Confirm').click();
  await page.getByText('From now on up to 7.50 WMZ goes without a code').waitFor();
  await page.reload();
  await page.getByText('Now up to 7.50 WMZ goes without a code').waitFor();
  await house.accessible(page, 'the limits');
  await house.shot('account-limits', page);
  await button(page, 'Ask for a code each time').click();
  await page.getByText('From now on each transfer to others needs a code.').waitFor();
  ok('what goes without a code is raised with a code and lowered without');
}

async function acceptAgreements(house, page) {
  await page.getByTestId('new-agreements').getByRole('link', { name: 'Прочитать' }).click();
  await page.getByRole('heading', { name: 'Новые условия' }).waitFor();
  await page.getByText('Условия, заново.').waitFor();
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
  await go(page, 'Refused attempts');
  await page.getByText('Nothing was refused').waitFor();
  const input = { from: number, to: { phone: anna.phone }, amount: '90', idempotencyKey: crypto.randomUUID() };
  const refusal = await call('CreateTransfer', { input }, ema.accessToken).catch((e) => e.message);
  check(/INSUFFICIENT_FUNDS/.test(refusal), 'an attempt without money is refused');
  await page.reload();
  const attempt = page.getByTestId('refused');
  await attempt.waitFor();
  check(/90\.00 WMZ/.test(await attempt.innerText()) && /There was not enough money|not enough/i.test(await attempt.innerText()), 'a refused attempt is shown with its reason in words');
  await house.accessible(page, 'refused attempts');
  await house.shot('account-refused', page);
  await attempt.getByRole('link', { name: 'Top the wallet up' }).click();
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
  await page.getByText('Nothing they send reaches you any more.').waitFor();
  await house.accessible(page, 'what blocking does');
  await house.shot('account-block', page);
  await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText('Blocked. Nothing they send reaches you.').waitFor();
  const refusal = await pay().catch((e) => e.message);
  check(/RECIPIENT_REFUSES/.test(refusal), 'who is blocked from a transfer can send nothing more');

  await go(page, 'Blocked people');
  await page.getByTestId('blocked').waitFor();
  await house.accessible(page, 'blocked people');
  await house.shot('account-blocked', page);
  await page.getByRole('button', { name: /^Unblock/ }).click();
  await page.getByText('Nobody is blocked').waitFor();
  const { result: again } = await nextMessage(anna.phone, (m) => m.code, pay);
  check(again.transfer.id, 'who is unblocked can send again');

  await page.goto(`${base}/contacts`);
  await button(page, 'Add a contact').click();
  await page.locator('[name=contact-to]').fill(anna.phone);
  await page.locator('[name=contact-name]').fill('Anna');
  await button(page, 'Save').click();
  await button(page, 'Block Anna').click();
  await house.shot('account-contact', page);
  await page.getByRole('dialog').getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText('Blocked. Nothing they send reaches you.').waitFor();
  await page.getByRole('link', { name: 'Blocked people' }).click();
  await page.getByTestId('blocked').waitFor();
  ok('who is a contact is blocked from the contacts');
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

async function changePassword(house, page, ema) {
  await go(page, 'Password');
  await page.getByText('All other devices are signed out at once').waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  await page.locator('[name=new-password]').fill('password1');
  await page.locator('[name=new-password-again]').fill('password1');
  await button(page, 'Change the password').click();
  await page.locator('[name=new-password][aria-invalid=true]').waitFor();
  ok('a weak password is refused at its field');
  const wanted = `${ema.password} and more`;
  await page.locator('[name=new-password]').fill(wanted);
  await page.locator('[name=new-password-again]').fill(wanted);
  await page.getByText('Strength: strong').waitFor();
  await house.accessible(page, 'a new password');
  await house.shot('account-password', page);
  await button(page, 'Change the password').click();
  await page.getByText('The password is changed.').waitFor();
  ema.password = wanted;
  const answer = await fetch(`${base}/graphql`, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${ema.accessToken}` }, body: JSON.stringify({ query: '{ viewer { wmid } }' }),
  });
  check(answer.status === 401, 'with a new password the session of the other device is gone');
  await page.goto(`${base}/security`);
  await page.getByText('No other device is signed in.').waitFor();
}

async function changeQuestion(house, page, ema) {
  await go(page, 'Security question');
  await page.getByText('Which street?').waitFor();
  await page.locator('[name=question]').fill('Which tree?');
  await page.locator('[name=answer]').fill('The old lime');
  await page.locator('[name=currentPassword]').fill(ema.password);
  await house.accessible(page, 'the security question');
  await button(page, 'Save').click();
  await page.getByText('The security question is changed.').waitFor();
  await page.getByText('Which tree?').waitFor();
  ok('the security question is changed');
}

async function changePhone(house, page, ema) {
  const phone = `+7903${fresh}`;
  await go(page, 'Phone');
  await page.getByText('Two codes go out').waitFor();
  await page.locator('[name=newPhone]').fill(phone);
  await page.locator('[name=currentPassword]').fill(ema.password);
  await house.accessible(page, 'a new phone');
  await house.shot('account-phone', page);
  const { message: toOld, result: toNew } = await nextMessage(ema.phone, (m) => m.code, () => code(phone, () => button(page, 'Send both codes').click()));
  await page.reload();
  await page.locator('[name=oldPhoneCode]').fill(toOld.code);
  await page.locator('[name=newPhoneCode]').fill(toNew === '000000' ? '000001' : '000000');
  await button(page, 'Confirm').click();
  await page.locator('[name=newPhoneCode][aria-invalid=true]').waitFor();
  ok('a wrong code of the two is told at its field, after a reload too');
  await house.accessible(page, 'both codes');
  await house.shot('account-phone-codes', page);
  await page.locator('[name=newPhoneCode]').fill(toNew);
  await button(page, 'Confirm').click();
  await page.getByText(`Your phone is now ${phone}.`).waitFor();
  ema.phone = phone;
  ok('a phone is changed with the codes of both');
}

async function askForData(house, page, ema) {
  await go(page, 'A copy of your data');
  await page.getByText(`The link will go to ${ema.email}.`).waitFor();
  const { message } = await nextMessage(ema.email, (m) => m.link.includes('/data-export#'), () => button(page, 'Ask for the copy').click());
  check(message.link, 'the letter with the link to the data comes');
  await page.reload();
  await page.getByText('It is made, and the letter with the link was sent.').waitFor();
  await house.accessible(page, 'a copy of the data');
  await house.shot('account-export', page);
  await button(page, 'Ask for the copy').click();
  await page.getByRole('alert').waitFor();
  ok('a second copy within a day is refused');
}

async function closeAndKeep(house, page, ema) {
  await go(page, 'Close the account');
  await page.getByText('still holds 1.00 WMZ').waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  await button(page, 'Close the account').click();
  await page.getByRole('alert').getByText('1.00 WMZ').waitFor();
  await house.accessible(page, 'closing the account, refused');
  await house.shot('account-close', page);
  ok('an account with money is not closed, and it is said which wallet has it');

  await page.goto(base);
  await page.getByTestId('transfer').first().click();
  await page.getByRole('button', { name: /^Send back/ }).click();
  await page.getByRole('button', { name: 'Send back', exact: true }).click();
  await page.getByText('Sent back', { exact: true }).waitFor();
  await go(page, 'Close the account');
  await page.getByText('(met)').waitFor();
  await page.locator('[name=currentPassword]').fill(ema.password);
  const digits = await code(ema.phone, () => button(page, 'Close the account').click());
  await page.locator('[name=code]').fill(digits);
  await button(page, 'Confirm').click();
  await page.getByText('The account will be closed').waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'History', exact: true }).filter({ visible: true }).first().click();
  const banner = page.getByTestId('closing');
  await banner.waitFor();
  await house.accessible(page, 'an account that is being closed');
  await house.shot('account-closing', page);
  await banner.getByRole('button', { name: 'Keep the account' }).click();
  await banner.waitFor({ state: 'detached' });
  ok('the closing is told on every screen, and called off');
}

async function changeProfile(house, page, ema) {
  await go(page, 'About you');
  await page.locator('[name=lastName]').fill('Testerová');
  await page.locator('[name=birthDate]').fill('2024-01-01');
  await page.locator('[name=currentPassword]').fill(ema.password);
  await button(page, 'Save').click();
  await page.locator('[name=birthDate][aria-invalid=true]').waitFor();
  await page.locator('[name=birthDate]').fill('1990-01-02');
  await button(page, 'Save').click();
  await page.getByText('Your name and date of birth are saved.').waitFor();
  await house.accessible(page, 'the profile');
  await house.shot('account-profile', page);
  ok('the profile is changed, and a birth date that cannot be is told at its field');
}

async function certify(house, page) {
  await go(page, 'Certificates');
  await page.getByRole('button', { name: 'Ask for it: Formal' }).click();
  await button(page, 'Send the request').click();
  await page.getByText('You now have the level Formal.').waitFor();
  ok('with a confirmed e-mail the first certificate is issued at once');

  await page.getByRole('button', { name: 'Ask for it: Initial' }).click();
  const upload = page.getByTestId('upload-PASSPORT');
  const file = upload.locator('input[type=file]');
  await file.setInputFiles({ name: 'passport.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') });
  await upload.getByText('Only JPEG and PNG pictures are taken.').waitFor();
  await file.setInputFiles({ name: 'small.png', mimeType: 'image/png', buffer: await page.screenshot({ clip: { x: 0, y: 0, width: 100, height: 100 } }) });
  await upload.getByText('The picture is too small').waitFor();
  check(await button(page, 'Send the request').isDisabled(), 'a file of another kind and a picture that is too small are refused before they are sent');
  await file.setInputFiles({ name: 'passport.png', mimeType: 'image/png', buffer: await page.screenshot() });
  await upload.getByText('Sent: passport.png').waitFor();
  await house.accessible(page, 'a picture of a document');
  await house.shot('account-upload', page);
  await button(page, 'Send the request').click();
  await page.getByText('Your request is with an operator.').waitFor();
  await page.reload();
  await page.getByText('Your request for Initial waits for an operator').waitFor();
  await house.accessible(page, 'a request for a certificate that waits');
  await house.shot('account-certificate', page);
  await go(page, 'About you');
  await page.getByText('Your certificate vouches for this').waitFor();
  ok('a request with a picture waits for an operator, and the profile is locked');
}

// loseThePhone goes as far as one can without waiting for two days.
async function loseThePhone(house, ema) {
  const page = await house.open('/recovery', PHONE);
  await page.getByRole('link', { name: 'The phone is lost too' }).click();
  await page.getByText('have two days to object').waitFor();
  await house.accessible(page, 'a lost phone');
  await page.locator('[name=login]').fill(ema.email);
  const { message } = await nextMessage(ema.email, (m) => m.link.includes('/recover#'), () => button(page, 'Send the letter').click());
  await page.getByText('If the account exists').waitFor();
  await page.reload();
  await page.locator('[name=link]').fill('https://example.test/');
  await button(page, 'Continue').click();
  await page.getByText('This is not the whole link.').waitFor();
  await house.accessible(page, 'the letter about a lost phone');
  await house.shot('account-lost-letter', page);
  await page.locator('[name=link]').fill(message.link);
  await button(page, 'Continue').click();
  await page.getByLabel('Which tree?').fill('A young oak');
  await button(page, 'Continue').click();
  await page.locator('[name=securityAnswer][aria-invalid=true], [role=alert]').first().waitFor();
  ok('a wrong answer does not recover a lost phone');
  await page.locator('[name=securityAnswer]').fill('the old lime');
  await button(page, 'Continue').click();
  await page.getByText('A new phone can be set from').waitFor();
  await page.reload();
  await page.getByText('A new phone can be set from').waitFor();
  await house.accessible(page, 'a lost phone, while one waits');
  await house.shot('account-lost-wait', page);
  ok('a lost phone waits for two days, after a reload too');
}
