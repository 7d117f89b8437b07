// A transfer as each of its sides sees it, in every state.
import { answers, dialog, dismiss, go, ONCE, open, pick, submit, told } from './acts.mjs';

const begin = async (w) => {
  const page = await w.enter('anna');
  const { anna: me, transfers: made, wallets } = await w.scene();
  Object.assign(w, { ...made, me, boriss: wallets.boriss, annas: wallets.annas });
  return page;
};

async function show(page, id) {
  await go(page, `/transfers/${encodeURIComponent(id)}`);
  await page.locator('dl.facts').waitFor();
}

const at = (side, name) => ({ page, [side]: ids }) => show(page, ids[name]);

export const transfers = {
  begin,
  screens: {
    'transfer-out': at('out', 'done'), 'transfer-out-protected': at('out', 'code'), 'transfer-out-protected-for-a-time': at('out', 'time'), 'transfer-out-cancelled': at('out', 'cancelled'),
    'transfer-out-returned': at('out', 'returned'), 'transfer-out-accepted': at('out', 'accepted'), 'transfer-internal': at('out', 'internal'),
    'transfer-in': at('into', 'done'), 'transfer-in-protected': at('into', 'code'), 'transfer-in-protected-for-a-time': at('into', 'time'), 'transfer-in-rejected': at('into', 'rejected'),
    'transfer-in-refund': at('into', 'refund'), 'transfer-deposit': at('into', 'issue'),
    'transfer-in-code-wrong': async ({ page, into, t }) => {
      await show(page, into.code);
      await page.getByLabel(t.enterProtectionCode).fill('1111');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'transfer-reject': async ({ page, into, t }) => {
      await show(page, into.code);
      await open(page, t.reject);
      return { after: () => dismiss(page) };
    },
    'transfer-take-back': async ({ page, out, t }) => {
      await show(page, out.code);
      await open(page, t.cancelTransfer);
      return { after: () => dismiss(page) };
    },
    'transfer-awaits': async ({ page, me, annas, boriss }) => show(page, await me.move(annas, { walletNumber: boriss }, '4')),
    'transfer-expired': async ({ page, me, annas, boriss }) => {
      await answers(page, 'TransferPage', ({ node }) => void (node.status = 'EXPIRED'));
      await show(page, await me.move(annas, { walletNumber: boriss }, '4'));
      return { after: () => page.unrouteAll() };
    },
    'transfer-block': async ({ page, into, t }) => {
      await show(page, into.done);
      await page.getByRole('button', { name: t.blockNamed.split(' ')[0] }).click();
      await dialog(page).waitFor();
      return { after: () => dismiss(page) };
    },
    'transfer-not-downloaded': async ({ page, into, t }) => {
      await page.route(/\.png/, (route) => route.abort());
      await show(page, into.done);
      await pick(page, t.receipt, t.asPng);
      await told(page, t.notDownloaded);
    },
    'transfer-of-nobody': async ({ page, t }) => {
      await go(page, '/transfers/none');
      await told(page, t.notFound);
    },
  },
};

// refund goes as far as to a refusal: what is sent back is seen from the other side.
export const refund = {
  ...ONCE,
  begin,
  screens: {
    'transfer-refund': async ({ page, into, t }) => {
      await show(page, into.done);
      await page.getByRole('button', { name: t.refund }).click();
      await page.getByLabel(t.refundAmount).fill('4');
    },
    'transfer-refund-refused': async ({ page, t }) => {
      await page.getByLabel(t.refundAmount).fill('999');
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'transfer-refunding': async (w) => {
      await w.page.getByLabel(w.t.refundAmount).fill('0.5');
      await submit(w.page);
      await told(w.page, w.t.refunded);
    },
  },
};
