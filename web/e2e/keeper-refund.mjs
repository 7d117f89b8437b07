// node keeper-refund.mjs <baseURL>: sending a payment back while the network goes: each part that was meant moves once.
import { runInBrowser } from './browser.mjs';
import { check, ok, soon } from './lib.mjs';
import { anna, asksFor, besideANetwork, button, CUT, forgive, NEVER_MS, place, send } from './keeper-lib.mjs';

await runInBrowser(async (house) => {
  const { network, phone, desk, boriss } = await besideANetwork(house);
  await send(desk, anna, { to: boriss, amount: '20', memo: 'to be sent back' });
  await phone.getByTestId('transfer').filter({ hasText: 'to be sent back' }).click();

  await answerNeverComes(house, network, phone);
  await reloadedInTheMiddle(network, phone);
  await requestNeverLeaves(network, phone);
  await calledOff(network, phone);
  await meantAnew(phone);
  await comesLate(network, phone);
  await refused(phone);
  await arrived(desk);
  forgive(house, CUT);
});

async function ask(page, amount) {
  await button(page, 'Send back…').click();
  await page.getByLabel('Amount to send back').fill(amount);
  await button(page, 'Send back').click();
}

// sentBack waits for what has been sent back of the payment in all, and for the form to be gone.
async function sentBack(page, total) {
  await page.locator('dl.facts').filter({ hasText: `Sent back${total} WMZ` }).waitFor();
  await button(page, 'Send back…').waitFor();
}

function keptOf(page) {
  return page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('keeper.refunding')).length);
}

// answerNeverComes: the server sends the money back, and no word of it reaches the app.
async function answerNeverComes(house, network, page) {
  network.swallow(/"RefundTransfer"/);
  await ask(page, '4');
  while (network.swallowed === 0) await page.waitForTimeout(50);
  await network.cut(page);
  await page.getByText('Connection lost').waitFor();
  check((await page.getByText('We couldn’t reach the server').count()) === 0, 'a refund whose answer is lost is not called failed');
  await house.accessible(page, 'a refund whose answer is lost');
  await network.restore(page);
  await sentBack(page, '4.00'); // without another press
  await soon(() => keptOf(page), 0, 'it is found by its key, and forgotten');
}

// reloadedInTheMiddle: the page is loaded again before any answer.
async function reloadedInTheMiddle(network, page) {
  const before = network.swallowed;
  network.swallow(/"RefundTransfer"/);
  await ask(page, '5');
  while (network.swallowed === before) await page.waitForTimeout(50);
  await page.reload();
  await sentBack(page, '9.00');
  ok('a reload in the middle of a refund goes on with it');
  await network.restore(page);
}

// isUnsent asks for a refund when the network is gone, and the browser does not know it yet.
async function isUnsent(network, page) {
  await network.cut(page, { tell: false });
  await ask(page, '2');
  await page.getByText('Connection lost').waitFor();
  await network.restore(page);
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
}

// repeatIsRefused has the server refuse to send back what has not arrived, without a word to it.
async function repeatIsRefused(page) {
  const json = { data: { refundTransfer: { __typename: 'RefundTransferPayload', transfer: null, userErrors: [{ __typename: 'UserError', code: 'INSUFFICIENT_FUNDS', message: 'There is not enough.', field: ['amount'], facts: null }] } } };
  await page.route('**/graphql', (route) => (asksFor('RefundTransfer')(route.request()) ? route.fulfill({ json }) : route.fallback()));
  await button(page, 'Send back').click();
  await page.getByText('isn’t still on its way').waitFor();
  await page.getByText('There is not enough.').waitFor();
  await page.unroute('**/graphql');
}

async function requestNeverLeaves(network, page) {
  await isUnsent(network, page);
  await page.getByText('the refund of 2.00').waitFor();
  await button(page, 'Send back').click();
  await sentBack(page, '11.00');
  ok('a refund that never left is called unsent, and is sent when it is asked for again');
}

// calledOff: a repeat of what is unsent is refused, and then it is not wanted any more.
async function calledOff(network, page) {
  await isUnsent(network, page);
  await repeatIsRefused(page);
  check((await keptOf(page)) === 1, 'where a repeat of a refund is refused, what was sent before is not forgotten');
  await page.reload(); // what is dropped is looked at once more
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  await button(page, 'Don’t send').click();
  await page.getByText('isn’t still on its way').waitFor();
  check((await button(page, 'Send back').isDisabled()) && (await keptOf(page)) === 1, 'a refund that is not wanted any more is not forgotten before it can no longer arrive');
  await page.getByRole('heading', { name: 'Calling it off' }).waitFor({ state: 'detached', timeout: NEVER_MS });
  await soon(() => keptOf(page), 0, 'and then it is');
}

// meantAnew: one that was called off, and then the same amount twice.
async function meantAnew(page) {
  await button(page, 'Send back…').click();
  await button(page, 'Cancel').click();
  await ask(page, '4');
  await sentBack(page, '15.00');
  await ask(page, '4');
  await sentBack(page, '19.00');
  ok('a refund that is meant anew moves anew, of the same amount too');
}

// comesLate: the request stays on its way until a repeat was refused, and is what counts.
async function comesLate(network, page) {
  const letGo = network.hold(/"RefundTransfer"/);
  await ask(page, '0.50');
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  const refund = page.url();
  await place(page, 'Settings');
  await button(page, 'Log out').click();
  await page.getByRole('dialog').getByText('check your history').waitFor();
  ok('who logs out while a refund may move money yet is told so first');
  await page.goto(refund);
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  await repeatIsRefused(page);
  letGo();
  await sentBack(page, '19.50');
  await page.getByText(/0\.50\sWMZ was sent back/).waitFor();
  check((await page.getByText('There is not enough.').count()) === 0, 'a refund that comes late is told, whatever its repeat was refused for');
}

async function refused(page) {
  await ask(page, '5');
  await page.getByRole('alert').waitFor();
  await soon(() => keptOf(page), 0, 'a refusal is told, and leaves nothing behind');
  await button(page, 'Cancel').click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
}

// arrived counts what came back at the other one's.
async function arrived(desk) {
  await place(desk, 'History');
  for (const [amount, times] of [['4.00', 3], ['5.00', 1], ['2.00', 1], ['0.50', 1]]) {
    const rows = desk.getByTestId('transfer').filter({ hasText: `+${amount} WMZ` });
    await rows.nth(times - 1).waitFor();
    check((await rows.count()) === times, `${amount} came back as often as it was meant: ${times}`);
  }
}
