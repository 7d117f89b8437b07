// Sending: what is typed, looked at once more, confirmed, and what comes of it.
import { anna, code } from '../keeper-lib.mjs';
import { MEMO } from '../keeper-scene.mjs';
import { base } from '../lib.mjs';
import { another, answers, choose, fill, go, holds, loses, ONCE, press, submit, told } from './acts.mjs';

const quoted = (page) => page.getByTestId('quote').locator('dl').waitFor();
const sends = (page) => page.getByTestId('review').getByRole('button').first().click();

async function type({ page, t }, to, amount, memo = '') {
  await fill(page, { to, amount });
  await page.getByRole('textbox', { name: t.memo }).fill(memo);
}

async function confirm(page) {
  const digits = await code(anna.phone, () => sends(page));
  await fill(page, { code: digits });
  await submit(page);
  await page.locator('[name=code]').waitFor({ state: 'detached' });
}

async function givesUp({ page, t }) {
  await press(page, t.cancel);
  await page.locator('[name=code]').waitFor({ state: 'detached' }); // until then the next page would go on with it
}

// form opens the form as a link of the app does, and fills in an amount.
async function form(page, asked, amount) {
  await page.goto(`${base}/send?${asked}`);
  await fill(page, { amount });
}

// getsLost sends what no request of these leaves for, until they do.
async function getsLost(w, ...operations) {
  await form(w.page, `from=${w.annas}&to=${w.boriss}`, '3');
  await quoted(w.page);
  await press(w.page, w.t.review);
  const restore = await Promise.all(operations.map((operation) => loses(w.page, operation)));
  await sends(w.page);
  return () => Promise.all(restore.map((one) => one()));
}

// unsent waits as long as the request could be on its way.
const unsent = ({ page, t }) => page.getByText(t.notSent).first().waitFor({ timeout: 60_000 });

async function isUnsent(w) {
  const restore = await getsLost(w, 'CreateTransfer');
  await unsent(w);
  return { after: async () => { await restore(); await forget(w); } };
}

// forget spares the minutes that it takes until what was sent can no longer arrive.
async function forget({ page }) {
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${base}/send`);
}

async function begin(w) {
  const page = await w.enter('anna', '/send');
  const { emilia, wallets, boris, anna: me } = await w.scene();
  Object.assign(w, { emilias: emilia.wallets[0], boriss: wallets.boriss, annas: wallets.annas, euros: await me.wallet('E'), boris, emilia });
  return page;
}

export const send = {
  ...ONCE,
  begin,
  screens: {
    'send': ({ page }) => page.locator('[name=to]').waitFor(),
    'send-known': async ({ page }) => {
      await page.locator('[name=to]').pressSequentially('о'); // both names have it
      await page.getByRole('option').first().waitFor();
    },
    'send-mistyped': async (w) => {
      await type(w, w.emilias.slice(0, -1) + ((Number(w.emilias.at(-1)) + 1) % 10), '12,5,');
      await told(w.page, w.t.numberMistyped);
      await told(w.page, w.t.amountHow);
    },
    'send-quoted': async (w) => {
      await type(w, w.emilias, '12.34', MEMO);
      await quoted(w.page);
    },
    'send-fee-by-recipient': async ({ page, t }) => {
      await page.getByRole('switch', { name: t.feeByRecipient }).check();
      await quoted(page);
    },
    'send-review': async ({ page, t }) => {
      await press(page, t.review);
      await page.getByTestId('review').waitFor();
    },
    'send-sending': async (w) => {
      w.letGo = await holds(w.page, 'CreateTransfer');
      await sends(w.page);
      await w.page.getByTestId('review').waitFor({ state: 'detached' });
      return { waits: true };
    },
    'send-code': async (w) => {
      w.digits = await code(anna.phone, () => w.letGo());
      await w.page.locator('[name=code]').waitFor();
    },
    'send-code-wrong': async ({ page, digits }) => {
      await fill(page, { code: another(digits) });
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'send-done': async ({ page, t, digits }) => {
      await fill(page, { code: digits });
      await submit(page);
      await told(page, t.another);
      return { after: () => press(page, t.another) };
    },
    'send-protected': async (w) => {
      await type(w, w.boriss, '30', 'С протекцией');
      await choose(w.page, w.t.protectCode);
      await w.page.getByLabel(w.t.protectionCode).fill('2468');
      await quoted(w.page);
    },
    'send-protected-review': async ({ page, t }) => {
      await press(page, t.review);
      await page.getByTestId('review').waitFor();
    },
    'send-protected-done': async ({ page, t }) => {
      await confirm(page);
      await told(page, t.another);
      return { after: () => press(page, t.another) };
    },
    'send-for-a-time': async (w) => {
      await type(w, w.boriss, '30');
      await choose(w.page, w.t.protectTime);
      await quoted(w.page);
    },
  },
};

export const sendOtherwise = {
  begin,
  screens: {
    'send-other-currency': async (w) => {
      await form(w.page, `from=${w.annas}&to=${w.euros}`, '5');
      await told(w.page, w.t.numberCurrency);
    },
    'send-refused': async (w) => {
      await form(w.page, `from=${w.annas}&to=${w.boriss}`, '9000000000000');
      await w.page.locator('[name=amount][aria-invalid=true]').waitFor();
    },
    'send-big': async (w) => {
      await form(w.page, `from=${w.annas}&to=${w.boriss}`, '123456789012.34');
      await quoted(w.page);
      await press(w.page, w.t.review);
      await w.page.getByTestId('review').waitFor();
    },
    'send-by-passkey': async (w) => {
      await form(w.page, `from=${w.annas}&to=${w.boriss}`, '3');
      await quoted(w.page);
      await press(w.page, w.t.review);
      const honestly = await answers(w.page, 'CreateTransfer', ({ createTransfer: { challenge } }) => void Object.assign(challenge, { method: 'PASSKEY', sentTo: null, assertionOptions: '{}' }));
      await sends(w.page);
      await told(w.page, w.t.usePasskey);
      await honestly();
      return { after: () => givesUp(w) };
    },
    'send-lost': async (w) => {
      const restore = await getsLost(w, 'CreateTransfer', 'ByKey');
      await told(w.page, w.t.lostTitle);
      return { waits: true, after: async () => { await restore(); await forget(w); } };
    },
    'send-unsent': isUnsent,
    'send-dropped': async (w) => {
      const how = await isUnsent(w);
      await press(w.page, w.t.dontSend);
      await told(w.page, w.t.dropWaits);
      return { waits: true, ...how };
    },
    'send-undecided': async (w) => {
      const how = await isUnsent(w);
      await go(w.page, '/settings');
      await press(w.page, w.t.logOut);
      await told(w.page, w.t.outUndecided);
      return how;
    },
    'send-asked-for': async (w) => {
      const { link } = await w.emilia.ask('PaymentLink', { walletNumber: w.emilias, amount: '20', memo: 'За обед и за билеты на электричку' });
      await w.page.goto(`${base}/send#pay=${new URLSearchParams(new URL(link.url).hash.slice(1)).get('token')}`);
      await quoted(w.page);
    },
    'send-asked-for-wrongly': async ({ page, t }) => {
      await page.goto(`${base}/wallets`);
      await go(page, '/send#pay=of-long-ago');
      await told(page, t.payLinkBad);
    },
    'send-offline': async ({ page, t, boriss }) => {
      await form(page, `to=${boriss}`, '3');
      await quoted(page);
      await page.context().setOffline(true);
      await told(page, t.offlineSend);
      return { waits: true, after: () => page.context().setOffline(false) };
    },
  },
};
