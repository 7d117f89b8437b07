// node keeper-persisted.mjs <baseURL>: the web app on a server that runs nothing but listed operations.
import { runInBrowser } from './browser.mjs';
import { base, check, ok } from './lib.mjs';
import { alone, anna, arrival, boris, code, DESK, fill, numberOf, place, review } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  const answer = await fetch(`${base}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: '{ currencies { letter } }' }) });
  check((await answer.text()).includes('FORBIDDEN'), 'a document that is not listed is refused');

  const [one, two] = [await house.open('/', DESK), await house.open('/', DESK)];
  const texts = [];
  for (const page of [one, two]) {
    page.on('request', (request) => /\/graphql$/.test(request.url()) && texts.push(request.postData() ?? ''));
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => texts.push(String(payload))));
  }
  const arrivals = [];
  two.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => /TransferReceived/.test(String(payload)) && arrivals.push(payload)));
  await enter(one, anna);
  await enter(two, boris);
  const to = await numberOf(two);
  await place(one, 'Send');
  await fill(one, { to, amount: '9', memo: 'by its hash' });
  const sendIt = await review(one);
  const arrives = arrival(two, '9.00');
  await alone(anna.phone, async () => {
    const digits = await code(anna.phone, () => sendIt.click());
    await one.locator('[name=code]').fill(digits);
    await one.getByRole('button', { name: 'Confirm' }).click();
    await one.getByRole('heading', { name: 'Sent' }).waitFor();
  });
  await arrives;
  check(arrivals.length === 1, 'what is subscribed to by its hash arrives');
  for (const name of ['History', 'Contacts', 'Security', 'Settings', 'Receive', 'Wallets']) {
    await place(one, name);
    await one.getByRole('heading', { level: 1, name }).waitFor();
    await one.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  }
  check((await one.getByText('We couldn’t reach the server').count()) === 0, 'every place is there');
  check(texts.length > 20 && texts.every((text) => !/\b(query|mutation|subscription) \w+ ?[({]/.test(text)), `${texts.length} requests, and no text of a document in any`);
  ok('the web app works where nothing but listed operations is run');
});

async function enter(page, person) {
  await page.getByLabel('WMID, phone, or email').fill(person.login);
  await page.locator('[name=password]').fill(person.password);
  const digits = await code(person.phone, () => page.getByRole('button', { name: 'Log in', exact: true }).click());
  await page.locator('[name=code]').fill(digits);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByTestId('wallet').first().waitFor();
}
