// node keeper-cut.mjs <baseURL>: the web app while its network really goes in the middle of a send.
import { runInBrowser } from './browser.mjs';
import { check, ok, soon } from './lib.mjs';
import { alone, asksFor, besideANetwork, boris, button, code, CUT, drawn, fill, forgive, holdAnswer, NEVER_MS, passing, place, review } from './keeper-lib.mjs';

const BUSY = { data: { createTransfer: null }, errors: [{ message: 'Too busy.', path: ['createTransfer'], extensions: { code: 'OVERLOADED' } }] };

await runInBrowser(async (house) => {
  const { network, phone, annas } = await besideANetwork(house);

  await answerNeverComes(network, phone, annas);
  await codeIsSwallowed(network, phone, annas);
  await calledOffTooLate(network, phone, annas);
  await leftWhileConfirmed(network, phone, annas);
  await endedElsewhere(phone, annas);
  await requestNeverLeaves(network, phone, annas);
  await requestComesLate(network, phone, annas);
  await offlineFormIsKept(network, phone, annas);
  forgive(house, CUT);
});

async function begin(page, what) {
  await place(page, 'Send');
  await fill(page, what);
  return review(page);
}

// patiently has the app wait for answers for as long as they take meanwhile: a busy machine takes longer than it waits.
async function patiently(page, act) {
  await page.evaluate(() => { window.bound = AbortSignal.timeout; AbortSignal.timeout = () => new AbortController().signal; });
  await act();
  await page.evaluate(() => { AbortSignal.timeout = window.bound; });
}

// sentOnce asks the history, by a memo, how often money has moved: what the server answers to that very search, and then what is shown. The list of the
// search before stands there until then, and may fit as well.
async function sentOnce(page, memo, times, what) {
  const isSearch = (request) => asksFor('History')(request) && request.postDataJSON().variables.filter?.text === memo;
  const searched = page.waitForResponse((response) => isSearch(response.request()));
  await place(page, 'History');
  await page.getByLabel('Search memos').fill(memo);
  const { data } = await (await searched).json();
  check(data.viewer.transfers.nodes.length === times, what);
  const rows = page.getByTestId('transfer');
  const shown = async () => [await rows.filter({ hasText: memo }).count(), await rows.count(), await page.getByText('Nothing found').count()].join();
  await soon(shown, [times, times, times === 0 ? 1 : 0].join(), `${memo}: the history shows it so`);
}

// answerNeverComes: the server makes the transfer, and no word of it reaches the app before the network is gone.
async function answerNeverComes(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'swallowed answer' });
  network.swallow(/"CreateTransfer"/);
  await alone(boris.phone, async () => {
    const isSending = passing(page.getByText('Sending'));
    const digits = await code(boris.phone, () => sendButton.click()); // the code has been sent: the request has arrived
    await isSending;
    while (network.swallowed === 0) await page.waitForTimeout(50); // the code is sent before the answer is
    await network.cut(page);
    await page.getByText('Connection lost').waitFor();
    ok('a network that goes in the middle of a send is told at once, and nothing is called failed');
    await network.restore(page);
    await page.locator('[name=code]').fill(digits);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Sent' }).waitFor();
  });
  await sentOnce(page, 'swallowed answer', 1, 'a transfer whose answer never came is found again, and made once');
}

// codeIsSwallowed: the same of the second step.
async function codeIsSwallowed(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'swallowed code' });
  await alone(boris.phone, async () => {
    const digits = await code(boris.phone, () => sendButton.click());
    await page.locator('[name=code]').fill(digits);
    const before = network.swallowed;
    network.swallow(/"ConfirmTransfer"/);
    await page.getByRole('button', { name: 'Confirm' }).click();
    while (network.swallowed === before) await page.waitForTimeout(50);
    await network.cut(page);
    await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
    await network.restore(page);
    await page.getByRole('heading', { name: 'Sent' }).waitFor(); // without another press
  });
  await sentOnce(page, 'swallowed code', 1, 'a confirmation whose answer never came is found out, without another press');
}

// calledOffTooLate: the code is on its way, or its answer is lost, when it is called off: the money has moved, and that is what is told.
async function calledOffTooLate(network, page, to) {
  const sendButton = await begin(page, { to, amount: '4', memo: 'called off too late' });
  await alone(boris.phone, async () => {
    await page.locator('[name=code]').fill(await code(boris.phone, () => sendButton.click()));
    const before = network.swallowed;
    network.swallow(/"ConfirmTransfer"/);
    await button(page, 'Confirm').click();
    while (network.swallowed === before) await page.waitForTimeout(50);
    await soon(() => button(page, 'Cancel').isDisabled(), true, 'what is being confirmed is not called off');
    await network.cut(page);
    await page.getByRole('alert').filter({ hasText: 'We couldn’t reach the server' }).waitFor();
    await button(page, 'Cancel').click();
    await page.getByText('Connection lost').waitFor();
    await network.restore(page);
    await page.getByRole('heading', { name: 'Sent' }).waitFor();
  });
  await sentOnce(page, 'called off too late', 1, 'what was called off when its money had moved is told to be sent, and is not sent again');
}

// leftWhileConfirmed: the screen is left while a confirmation is on its way, and opened anew, and the answer to what it asks then is lost.
async function leftWhileConfirmed(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'left meanwhile' });
  await alone(boris.phone, async () => {
    await page.locator('[name=code]').fill(await code(boris.phone, () => sendButton.click()));
    await patiently(page, async () => {
      const letGo = network.hold(/"ConfirmTransfer"/);
      await Promise.all([page.waitForRequest(asksFor('ConfirmTransfer')), button(page, 'Confirm').click()]);
      const repeat = await holdAnswer(page, '**/graphql', asksFor('CreateTransfer'), { lost: true });
      await place(page, 'Home');
      await place(page, 'Send');
      await repeat.reached;
      letGo();
      await soon(() => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('keeper.sending')).length), 0, 'the confirmation has come');
      check(await page.getByRole('heading', { name: 'Sending…' }).isVisible(), 'while the screen that was opened since waits for an answer');
      await repeat.letGo();
    });
    await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
    ok('what was confirmed by a screen that was left is told by the one that was opened since');
  });
}

// endedElsewhere: a payment that awaits its code goes on after a reload, with no word of a lost connection, and is called off in another tab.
async function endedElsewhere(page, to) {
  const sendButton = await begin(page, { to, amount: '5', memo: 'ended elsewhere' });
  await alone(boris.phone, async () => {
    const digits = await code(boris.phone, () => sendButton.click());
    await page.locator('[name=code]').waitFor();
    await page.addInitScript(() => new MutationObserver(() => (window.saidLost ||= document.body?.textContent.includes('Connection lost'))).observe(document, { childList: true, subtree: true }));
    await page.reload();
    await place(page, 'History');
    await page.getByTestId('transfer').filter({ hasText: 'ended elsewhere' }).click();
    await page.getByRole('link', { name: 'Confirm', exact: true }).click(); // where it was begun it can be gone on with
    await page.locator('[name=code]').fill(digits);
    check(!(await page.evaluate(() => window.saidLost)), 'what a reload goes on with is not called lost');
    const other = await page.context().newPage();
    await other.goto(new URL('/history', page.url()).href);
    await other.getByTestId('transfer').filter({ hasText: 'ended elsewhere' }).click();
    await button(other, 'Cancel transfer').waitFor();
    check((await other.getByRole('link', { name: 'Confirm', exact: true }).count()) === 0, 'where it was not begun nothing leads to the screen of sending');
    await other.locator('[name=code]').waitFor(); // its code is taken on its page
    await button(other, 'Cancel transfer').click();
    await other.getByText('Canceled', { exact: true }).first().waitFor();
    await other.close();
    await page.getByRole('heading', { name: 'Canceled' }).waitFor(); // without a press
  });
  ok('a payment that was called off elsewhere is told to be');
  await place(page, 'Home'); // from what became of it
}

// requestNeverLeaves: the network is gone, and the browser does not know it yet.
async function requestNeverLeaves(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'never left' });
  await network.cut(page, { tell: false });
  await sendButton.click();
  await page.getByTestId('review').getByText('We couldn’t reach the server').waitFor();
  ok('what cannot be looked at once more is not sent, and can be tried again');
  await network.restore(page);
  network.cutAt(/"CreateTransfer"/);
  await sendButton.click();
  await page.getByText('Connection lost').waitFor();
  ok('a request that never left is not called failed either');
  await page.reload().catch(() => {}); // the app comes from the service worker
  await network.restore(page);
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  await sentOnce(page, 'never left', 0, 'what never left is called unsent, and is not sent by itself');
  await sentAgo(page, 25_000); // however long this takes, it may move money yet
  await place(page, 'Send');
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  let isHeard;
  await patiently(page, async () => {
    const late = await holdAnswer(page, '**/graphql', asksFor('ByKey'));
    await late.reached; // it has not arrived
    await alone(boris.phone, async () => {
      const digits = await code(boris.phone, () => page.getByRole('button', { name: /^Send \d/ }).click());
      await page.locator('[name=code]').fill(digits);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('heading', { name: 'Sent', exact: true }).waitFor();
    });
    isHeard = await late.letGo();
    await drawn(page);
  });
  check(isHeard && (await page.getByRole('heading', { name: 'Sent', exact: true }).isVisible()), 'what was not there before it was sent does not call it unsent when that is told late');
  await place(page, 'Home'); // from what became of it
  const again = await begin(page, { to, amount: '3', memo: 'never wanted' });
  network.cutAt(/"CreateTransfer"/);
  await again.click();
  await page.getByText('Connection lost').waitFor();
  await network.restore(page);
  await button(page, 'Don’t send').click();
  await page.getByText('isn’t still on its way').waitFor();
  check(await page.getByRole('button', { name: /^Send \d/ }).isDisabled(), 'what is not wanted any more is not forgotten before it can no longer arrive');
  await button(page, 'Review').waitFor({ timeout: NEVER_MS });
  await sentOnce(page, 'never wanted', 0, 'what never left and is not wanted any more is not sent');
  await sentOnce(page, 'never left', 1, 'a transfer that never left is sent once, when it is asked for again');
}

// sentAgo has what was sent be sent so long ago.
function sentAgo(page, ms) {
  return page.evaluate((sentAt) => {
    const [place] = Object.keys(sessionStorage).filter((key) => key.startsWith('keeper.sending'));
    sessionStorage.setItem(place, JSON.stringify({ ...JSON.parse(sessionStorage.getItem(place)), sentAt }));
  }, Date.now() - ms);
}

// refuses has the server refuse a transfer, without a word to it; it returns what ends that.
async function refuses(page, body) {
  const handle = (route) => (asksFor('CreateTransfer')(route.request()) ? route.fulfill({ json: body }) : route.fallback());
  await page.route('**/graphql', handle);
  return () => page.unroute('**/graphql', handle);
}

// requestComesLate: the request stays on its way for longer than anybody waits for it, and comes to the server when it was called unsent, and a repeat was refused.
async function requestComesLate(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'came late' });
  const letGo = network.hold(/"CreateTransfer"/);
  await sendButton.click();
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
  await logOutIsAsked(page);
  await sentAgo(page, NEVER_MS);
  await page.waitForRequest(asksFor('ByKey'));
  ok('what is called unsent is asked for as long as that is told');
  const hasTime = await refuses(page, BUSY);
  await page.getByRole('button', { name: /^Send \d/ }).click();
  await page.getByTestId('review').getByText('Too busy.').waitFor();
  check(await page.getByRole('heading', { name: 'Not sent' }).isVisible(), 'where the server had no time for a repeat, the key is kept, however long ago it was sent first');
  await hasTime();
  await sentAgo(page, 25_000);
  const takes = await refuses(page, { data: { createTransfer: { __typename: 'CreateTransferPayload', transfer: null, challenge: null, replayed: false, userErrors: [{ __typename: 'UserError', code: 'INSUFFICIENT_FUNDS', message: 'There is not enough.', field: ['amount'], facts: null }] } } });
  await page.getByRole('button', { name: /^Send \d/ }).click();
  await page.getByText('isn’t still on its way').waitFor();
  await page.getByTestId('review').getByText('There is not enough.').waitFor();
  ok('where a repeat is refused, that is told, and what was sent before is not forgotten');
  await takes();
  await alone(boris.phone, async () => {
    await code(boris.phone, letGo);
    await page.locator('[name=code]').waitFor(); // without a press
  });
  ok('what comes late to the server, when it is not waited for any more, is told');
  const recovers = await refuses(page, BUSY);
  await page.reload();
  await page.getByText('Connection lost').waitFor();
  await recovers();
  await page.locator('[name=code]').waitFor();
  ok('what has arrived is not called unsent where the server has no time to repeat its answer');
  await button(page, 'Cancel').click();
  await button(page, 'Review').waitFor();
}

// logOutIsAsked: who logs out while money may move yet is told so first.
async function logOutIsAsked(page) {
  await place(page, 'Settings');
  await button(page, 'Log out').click();
  const dialog = page.getByRole('dialog', { name: 'Log out before it’s decided?' });
  await dialog.getByText('check your history').waitFor();
  ok('who logs out while money may move yet is told so first');
  await button(dialog, 'Back').click();
  await dialog.waitFor({ state: 'detached' });
  await place(page, 'Send');
  await page.getByRole('heading', { name: 'Not sent' }).waitFor();
}

// offlineFormIsKept: who knows to be offline is told before anything is tried.
async function offlineFormIsKept(network, page, to) {
  const sendButton = await begin(page, { to, amount: '3', memo: 'typed offline' });
  await network.cut(page);
  await page.getByTestId('review').getByText('No connection: nothing was sent.').waitFor();
  check(await sendButton.isDisabled(), 'without a network nothing is sent, which is said at once');
  await page.goBack();
  await button(page, 'Review').waitFor();
  await soon(async () => [await page.locator('[name=to]').inputValue(), await page.locator('[name=amount]').inputValue()].join(), `${to},3`, 'going back from the review leads to what was typed');
  await network.restore(page);
  await page.getByText('No connection: nothing was sent.').waitFor({ state: 'detached' });
  await review(page);
  await sentOnce(page, 'typed offline', 0, 'nothing was sent meanwhile');
}
