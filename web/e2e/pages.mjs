// node pages.mjs <baseURL>: the development inbox and the page behind the link of a letter.
import { checkPolicy, runInBrowser } from './browser.mjs';
import { base, call, check, nextMessage, ok, register, soon } from './lib.mjs';

const pathOf = (link) => link.replace(/^https?:\/\/[^/]+/, '');
const PHONE = { viewport: { width: 390, height: 844 } };

await runInBrowser(async (house) => {
  const inbox = await house.open('/dev/inbox', { permissions: ['clipboard-read', 'clipboard-write'] });
  checkPolicy(inbox.answer, 'the inbox');
  const { letter, accessToken } = await register();
  const address = letter.to;
  ok('a registration sends a letter with a link');

  await inbox.getByText(address).first().waitFor();
  ok('a new message appears without a reload');
  await inbox.getByRole('button', { name: 'Copy the code' }).first().click();
  await inbox.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await inbox.evaluate(() => navigator.clipboard.readText());
  check(/^\w{4,10}$/.test(copied), 'a code is copied');
  await house.shot('inbox', inbox);
  await house.accessible(inbox, 'the inbox');

  await inbox.getByLabel('Phone or e-mail').fill(address);
  await inbox.getByRole('button', { name: 'Show', exact: true }).click();
  await inbox.waitForURL(/to=/);
  await inbox.locator('#status').getByText('1 message').waitFor();
  const shown = await inbox.locator('[data-field="to"]').allTextContents();
  check(shown.length === 1 && shown[0] === address, 'the filter shows one recipient');

  const plain = await house.open(`/dev/inbox?to=${encodeURIComponent(address)}`, { javaScriptEnabled: false });
  check((await plain.getByText(address).count()) > 0, 'the inbox reads without JavaScript');

  const empty = await house.open('/dev/inbox?to=%3Cb%3Enobody', { ...PHONE, colorScheme: 'dark' });
  await empty.getByText('Nothing for <b>nobody yet').waitFor();
  ok('the empty inbox says so, with the filter as text');
  await house.accessible(empty, 'the empty inbox');
  await house.shot('inbox-empty-phone', empty);

  await checkHostileMessage(empty);
  await house.shot('inbox-hostile-phone', empty);

  await checkVerification(house, letter.link);
  await checkLostPhone(house);
  await checkExport(house, address, accessToken);
  await checkPaymentLink(house, accessToken);
});

// checkHostileMessage feeds the page markup and a script link, which must stay text.
async function checkHostileMessage(page) {
  const markup = '<img src=x onerror="document.title=1">';
  await page.route('**/dev/inbox.json*', (route) =>
    route.fulfill({
      json: [{ channel: 'SMS', to: markup, subject: markup, text: markup, code: '', link: 'javascript:alert(1)', sentAt: '2026-01-01T00:00:00Z' }],
    }),
  );
  await page.locator('[data-field="text"]').getByText(markup).waitFor();
  const harmless = await page.evaluate(() => !document.querySelector('main img') && !document.querySelector('main a[href]'));
  check(harmless, 'markup and script links in a message stay text');
}

async function checkVerification(house, link) {
  const path = pathOf(link);
  check(path.startsWith('/verify-email#token='), `the letter links to ${base}/verify-email`);

  const page = await house.open(path, PHONE);
  checkPolicy(page.answer, 'the confirmation page');
  const calls = [];
  page.on('request', (request) => request.method() === 'POST' && calls.push(request.url()));
  const button = page.getByRole('button', { name: 'Confirm' });
  await button.waitFor();
  await house.accessible(page, 'the confirmation page');
  await house.shot('verify-email-phone', page);
  check(calls.length === 0, 'opening the link spends nothing');

  await button.click();
  await page.locator('#outcome.good').waitFor();
  check(calls.length === 1, 'the button asks once');
  await soon(() => page.url(), (url) => !url.includes('#'), 'the button confirms and the token leaves the address bar');
  await house.shot('verify-email-done', page);

  const again = await house.open(path, { locale: 'ru-RU', colorScheme: 'dark' });
  await again.getByRole('button', { name: 'Подтвердить' }).click();
  await again.locator('#outcome.bad').waitFor();
  await soon(() => again.getByRole('button').isHidden(), true, 'a spent link cannot be tried again');
  ok(`it answers “${await again.locator('#outcome').innerText()}”`);
  await house.accessible(again, 'the confirmation page in Russian');
  await house.shot('verify-email-again', again);

  const bare = await house.open('/verify-email');
  await bare.getByText('The link is incomplete').waitFor();
  await soon(() => bare.getByRole('button').isHidden(), true, 'without a token there is a message and no button');
  await house.shot('verify-email-bare', bare);
}

// checkLostPhone answers the question behind the letter's link, and stops it all with the link that is sent then.
async function checkLostPhone(house) {
  const email = 'boris@purser.test';
  const { message: letter } = await nextMessage(email, (m) => m.link, () => call('StartLostPhone', { login: email }));
  const page = await house.open(pathOf(letter.link), PHONE);
  checkPolicy(page.answer, 'the page of a lost phone');
  const answer = page.getByLabel('What is this demo called?');
  await answer.waitFor();
  check(await page.locator('#totpCode').isHidden(), 'without an app no code of one is asked for');
  await house.accessible(page, 'the page of a lost phone');
  await answer.fill('a guess');
  await page.getByRole('button', { name: 'Answer' }).click();
  await page.locator('#outcome.bad').getByText('4 attempts').waitFor();
  ok('a wrong answer is counted');
  await answer.fill('Purser');
  const { message: told } = await nextMessage(email, (m) => m.link.includes('/cancel-recovery#'), async () => {
    await page.getByRole('button', { name: 'Answer' }).click();
    await page.locator('#outcome.good').getByText('you can set a new phone').waitFor();
  });
  ok('the right answer says from when on');
  await house.shot('recover-wait', page);

  const stop = await house.open(pathOf(told.link), { locale: 'ru-RU', colorScheme: 'dark' });
  checkPolicy(stop.answer, 'the page that stops a recovery');
  const button = stop.getByRole('button', { name: 'Остановить' });
  await button.waitFor();
  await house.accessible(stop, 'the page that stops a recovery');
  const still = await house.open(pathOf(letter.link), PHONE);
  await still.locator('#outcome.good').waitFor();
  ok('opening the link stops nothing');
  await button.click();
  await stop.locator('#outcome.good').waitFor();
  await soon(() => stop.url(), (url) => !url.includes('#'), 'the token leaves the address bar');
  await house.shot('cancel-recovery-done', stop);
  const over = await house.open(pathOf(letter.link), PHONE);
  await over.locator('#outcome.bad').getByText('was stopped').waitFor();
  ok('what was stopped cannot go on');
}

// checkExport asks for a copy of one's data and fetches it behind the letter's link.
async function checkExport(house, address, token) {
  const { message: letter } = await nextMessage(address, (m) => m.link.includes('/data-export#'), () => call('RequestDataExport', {}, token));
  const page = await house.open(pathOf(letter.link), { locale: 'ru-RU', colorScheme: 'dark' });
  checkPolicy(page.answer, 'the page of a copy of data');
  await house.accessible(page, 'the page of a copy of data');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Скачать' }).click()]);
  check(download.suggestedFilename() === 'purser-data.zip', 'the button fetches an archive');
  await page.locator('#outcome.good').waitFor();
  await house.shot('data-export-done', page);
}

// checkPaymentLink opens an address that asks for money, as a stranger does in either language, and a changed one.
async function checkPaymentLink(house, token) {
  const { wallet } = await call('OpenWallet', { input: { currency: 'E' } }, token);
  const memo = '<b>Tea</b> & cake';
  const { link } = await call('PaymentLink', { input: { walletNumber: wallet.number, amount: '12.5', memo } }, token);
  const page = await house.open(pathOf(link.url), PHONE);
  checkPolicy(page.answer, 'the page of a payment link');
  await page.getByText('Ema T. asks you for').waitFor();
  check(/^Wallet E\u00a0\d{4}\u00a0\d{4}\u00a0\d{4}$/.test(await page.locator('#wallet').textContent()), 'its number is in groups');
  await page.getByText('12.50 WME').waitFor();
  check((await page.locator('#memo').textContent()) === memo, 'markup in a memo stays text');
  check(!(await page.content()).includes('Tester'), 'a stranger reads no family name');
  const drawn = await page.locator('#qr svg').boundingBox();
  check(drawn.width > 200 && Math.abs(drawn.width - drawn.height) < 2, 'the QR code is drawn');
  await house.accessible(page, 'the page of a payment link');
  await house.shot('pay-phone', page);

  const russian = await house.open(pathOf(link.url), { locale: 'ru-RU', colorScheme: 'dark' });
  await russian.getByText('Ema T. просит перевести').waitFor();
  await russian.getByText('12,50 WME').waitFor();
  await house.accessible(russian, 'the Russian page of a payment link');
  await house.shot('pay-russian', russian);

  const changed = await house.open(`${pathOf(link.url)}A`, PHONE);
  await changed.locator('#outcome.bad').filter({ hasText: 'This payment link is not valid.' }).waitFor();
  await soon(() => changed.locator('#request').isHidden(), true, 'a changed address asks for nothing');
}
