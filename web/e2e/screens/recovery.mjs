// The ways back in: with the phone, and without it.
import { code } from '../keeper-lib.mjs';
import { base, nextMessage } from '../lib.mjs';
import { another, answers, fill, invalid, ONCE, press, submit, told } from './acts.mjs';

const NEW = 'another long sentence';
const STAYS_MS = 172_800_000;

export const recovery = {
  ...ONCE,
  begin: async (w) => {
    w.me = await w.newcomer();
    return w.open('/recovery');
  },
  screens: {
    'recovery': ({ page }) => page.locator('[name=login]').waitFor(),
    'recovery-again': async (w) => {
      await fill(w.page, { login: w.me.email });
      await code(w.me.phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
      await w.page.reload();
      await told(w.page, w.t.recoveryAgain);
    },
    'recovery-code': async (w) => {
      w.digits = await code(w.me.phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
    },
    'recovery-code-wrong': async ({ page, digits }) => {
      await fill(page, { code: another(digits) });
      await submit(page);
      await page.getByRole('alert').waitFor();
    },
    'recovery-password': async (w) => {
      const honestly = await answers(w.page, 'VerifyRecovery', ({ verifyRecoveryCode: { recovery: it } }) => void (it.totpRequired = true));
      await fill(w.page, { code: w.digits });
      await submit(w.page);
      await w.page.locator('[name=totpCode]').waitFor();
      await honestly();
    },
    'recovery-password-missing': async ({ page, t }) => {
      await submit(page);
      await told(page, t.answerMissing);
    },
    'recovery-answer-wrong': async ({ page }) => {
      await fill(page, { 'securityAnswer': 'Oak Street', 'totpCode': '123456', 'new-password': NEW, 'new-password-again': NEW });
      await submit(page);
      await page.locator('[aria-invalid=true], [role=alert]').first().waitFor();
    },
    'recovery-done': async ({ page, t }) => {
      await fill(page, { securityAnswer: 'lime street' });
      await submit(page);
      await told(page, t.recovered);
    },
  },
};

export const lostPhone = {
  ...ONCE,
  begin: async (w) => {
    w.me = await w.newcomer();
    const page = await w.open(w.me.letter.link.replace(/^https?:\/\/[^/]+/, ''));
    await page.locator('#confirm').click();
    await page.locator('#outcome.good').waitFor();
    await page.goto(`${base}/recovery/phone`);
    return page;
  },
  screens: {
    'lost-phone': ({ page }) => page.locator('[name=login]').waitFor(),
    'lost-phone-letter': async (w) => {
      await fill(w.page, { login: w.me.email });
      const { message } = await nextMessage(w.me.email, (m) => m.link?.includes('/recover#'), () => submit(w.page));
      w.link = message.link;
      await w.page.locator('[name=link]').waitFor();
    },
    'lost-phone-link-wrong': async ({ page, t }) => {
      await fill(page, { link: 'https://example.test/' });
      await submit(page);
      await told(page, t.lostLinkBad);
    },
    'lost-phone-gone': async ({ page, t, link }) => {
      await fill(page, { link: link.replace(/token=.*/, 'token=of-long-ago') });
      await submit(page);
      await told(page, t.lostGone);
      return {
        after: async () => {
          await press(page, t.lostAgain);
          await press(page, t.lostHaveLink);
        },
      };
    },
    'lost-phone-answer': async ({ page, link }) => {
      await fill(page, { link });
      await submit(page);
      await page.locator('[name=securityAnswer]').waitFor();
    },
    'lost-phone-answer-wrong': async ({ page }) => {
      await fill(page, { securityAnswer: 'Oak Street' });
      await submit(page);
      await page.locator('[aria-invalid=true], [role=alert]').first().waitFor();
    },
    'lost-phone-wait': async ({ page, t }) => {
      const later = (recovery) => recovery && (recovery.readyAt = new Date(Date.now() + STAYS_MS).toISOString());
      const honestly = await answers(page, 'AnswerLostPhone', ({ answerLostPhoneRecovery: { recovery: it } }) => void later(it));
      await fill(page, { securityAnswer: 'lime street' });
      await submit(page);
      await told(page, t.lostCheck);
      return {
        after: async () => {
          await honestly();
          await press(page, t.lostCheck);
        },
      };
    },
    'lost-phone-new': ({ page }) => page.locator('[name=phone]').waitFor(),
    'lost-phone-refused': async ({ page }) => {
      await fill(page, { phone: '+7 902 12' });
      await submit(page);
      await invalid(page, 'phone');
    },
    'lost-phone-code': async (w) => {
      const phone = `+7904${String(Date.now()).slice(-7)}`;
      await fill(w.page, { phone });
      w.digits = await code(phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
    },
    'lost-phone-code-missing': async ({ page, t }) => {
      await submit(page);
      await told(page, t.codeMissing);
    },
    'lost-phone-done': async ({ page, t, digits }) => {
      await fill(page, { 'code': digits, 'new-password': NEW, 'new-password-again': NEW });
      await submit(page);
      await told(page, t.lostDone);
    },
  },
};
