// node playground.mjs <baseURL>: the playground by hand, in a browser without the internet.
import { randomUUID } from 'node:crypto';
import { checkPolicy, runInBrowser } from './browser.mjs';
import { call, check, nextMessage, ok, soon, WAIT_MS, WATCH_MS } from './lib.mjs';

const PHONES = { Anna: '+79000000002', Boris: '+79000000003' };
const WALK = [
  'StartRegistration', 'SubmitProfile', 'VerifyPhone', 'CompleteRegistration', 'LogIn', 'OpenWallet', 'Viewer', 'CreateTransfer',
  'TransferReceived',
];

await runInBrowser(async (house) => {
  const anna = await house.open('/playground/');
  checkPolicy(anna.answer, 'the playground');
  await anna.locator('.graphiql-query-editor .view-lines').waitFor();
  await soon(() => anna.locator('.graphiql-tab-button').allTextContents(), (tabs) => WALK.every((name, i) => tabs[i] === name), 'the walk stands ready in tabs');
  await house.shot('playground');
  await house.accessible(anna, 'the log-in bar', '#bar');

  await anna.getByRole('button', { name: 'Schema docs' }).click();
  await anna.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Subscription', exact: true }).waitFor();
  ok('the documentation explorer opens');
  await anna.getByRole('button', { name: 'Hide Documentation Explorer' }).click();

  await anna.getByRole('button', { name: 'New tab' }).click();
  await type(anna, 'query', '{ currencies { letter exponent } }');
  await anna.keyboard.press('Control+Enter');
  await answers(anna, '"letter": "Z"');
  ok('a query answers');
  await house.shot('query');

  const token = await logIn(house, anna, 'Anna');
  await anna.getByRole('button', { name: 'Headers', exact: true }).click();
  await anna.locator('.graphiql-editor-tool').getByText('Bearer').waitFor();
  ok('the log-in helper fills the headers editor');
  await house.accessible(anna, 'the bar of a signed-in person', '#bar');

  await openTab(anna, 'Viewer');
  await execute(anna);
  await answers(anna, '"firstName": "Anna"', '"wallets": [');
  ok('a step of the walk answers who is signed in');

  const wallet = await walletOf(token);
  const name = `Purse ${Date.now() % 10_000}`;
  await anna.getByRole('button', { name: 'New tab' }).click();
  await type(anna, 'query', 'mutation M($input: RenameWalletInput!) { renameWallet(input: $input) { wallet { name } userErrors { code } } }');
  await anna.getByRole('button', { name: 'Variables', exact: true }).click();
  await type(anna, 'variables', JSON.stringify({ input: { walletNumber: wallet, name } }));
  await execute(anna);
  await answers(anna, `"name": "${name}"`, '"userErrors": []');
  ok('a mutation with variables answers');
  await house.shot('mutation', anna);

  const boris = await house.open('/playground/');
  await logIn(house, boris, 'Boris');
  await openTab(boris, 'TransferReceived');
  const subscribed = boris.waitForEvent('websocket').then((socket) =>
    socket.waitForEvent('framesent', ({ payload }) => JSON.parse(payload).type === 'subscribe'),
  );
  await execute(boris);
  await subscribed;
  const memo = `e2e ${Date.now()}`;
  await transfer(token, wallet, memo);
  await answers(boris, '"transferReceived"', memo);
  ok('a subscription receives the transfer of another person');
  await house.shot('subscription', boris);

  await boris.getByRole('button', { name: 'Log out' }).click();
  const left = Date.now();
  await answers(boris, 'The socket was closed: 4403');
  check(Date.now() - left < WATCH_MS, 'a subscription ends soon after its session, and says why');
  await boris.getByRole('button', { name: /^Execute query/ }).waitFor();
  ok('it does not come back by itself');

  await anna.getByRole('button', { name: 'Log out' }).click();
  await anna.getByLabel('Password').waitFor();
  await anna.getByRole('button', { name: 'Headers', exact: true }).click();
  await soon(() => headers(anna), '', 'log out takes the token away');

  const phone = await house.open('/playground/', { viewport: { width: 390, height: 844 }, locale: 'ru-RU', colorScheme: 'dark' });
  await phone.getByRole('button', { name: 'Войти' }).waitFor();
  await phone.locator('.graphiql-query-editor .view-lines').waitFor();
  const width = await phone.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 390, 'the page fits a phone, in Russian');
  await house.accessible(phone, 'the bar on a phone', '#bar');
  await house.shot('playground-phone');
});

// logIn uses the bar as a person would and returns the access token the bar got.
async function logIn(house, page, name) {
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByLabel(/^Code sent to/).waitFor();
  await house.accessible(page, `the code form for ${name}`, '#bar');
  const answer = page.waitForResponse((response) => response.request().postData()?.includes('confirmLogIn') ?? false);
  await page.getByRole('button', { name: 'Use the code from the inbox' }).click();
  await page.getByText(`Signed in as ${name}`).waitFor();
  return (await (await answer).json()).data.confirmLogIn.tokens.accessToken;
}

// GraphiQL reads the operation's name a tenth of a second after the last change of the text.
async function settle(page) {
  await page.waitForTimeout(400);
}

async function openTab(page, name) {
  await page.locator('.graphiql-tab-button').getByText(name, { exact: true }).click();
  await page.locator('.graphiql-query-editor').getByText(name).first().waitFor();
  await settle(page);
}

// type replaces the text of one of the two editors in front.
async function type(page, editor, text) {
  const tool = editor === 'query' ? '.graphiql-query-editor' : '.graphiql-editor-tool .graphiql-editor:not(.hidden)';
  await page.locator(`${tool} .view-lines`).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
  await settle(page);
}

async function execute(page) {
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

// answers waits until the result pane holds every one of the texts.
async function answers(page, ...texts) {
  const pane = page.locator('.graphiql-response .view-lines');
  const seen = async () => (await pane.innerText()).replaceAll('\u00a0', ' ');
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await page.waitForTimeout(100)) {
    const text = await seen();
    if (texts.every((wanted) => text.includes(wanted))) return;
  }
  throw new Error(`the result pane shows ${await seen()}, want ${texts}`);
}

async function headers(page) {
  return (await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines').innerText()).trim();
}

// walletOf finds a person's first Z wallet.
async function walletOf(token) {
  const { wallets } = await call('Wallets', {}, token);
  return wallets.find(({ number }) => number.startsWith('Z')).number;
}

// transfer sends 1.00 WMZ from Anna to Boris by plain API calls.
async function transfer(token, from, memo) {
  const { message, result } = await nextMessage(PHONES.Anna, (m) => m.code, () =>
    call('CreateTransfer', { input: { from, to: { phone: PHONES.Boris }, amount: '1.00', memo, idempotencyKey: randomUUID() } }, token),
  );
  await call('ConfirmTransfer', { input: { transferId: result.transfer.id, code: message.code } }, token);
}
