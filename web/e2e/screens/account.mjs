// What people change about themselves, behind the settings.
import { follow } from '../keeper-changes.mjs';
import { code } from '../keeper-lib.mjs';
import { base, nextMessage } from '../lib.mjs';
import { answers, fill, go, invalid, ONCE, press, submit, told } from './acts.mjs';

async function begin(w) {
  w.me = await w.newcomer();
  await w.me.openWallet('Z', 'На каждый день');
  return w.me.enter(w.open, '/settings');
}

const at = (path, text) => async ({ page, t }) => {
  await go(page, `/settings/${path}`);
  await told(page, t[text]);
};

// ofOneself is what proves who one is, and what is known about one.
export const ofOneself = {
  ...ONCE,
  begin,
  screens: {
    'settings': ({ page, t }) => told(page, t.quietHint),
    'settings-notifications': async ({ page, t }) => {
      await page.getByRole('checkbox', { name: `${t.event_MONEY_RECEIVED}: ${t.channel_EMAIL}` }).check();
      await page.getByRole('switch', { name: t.quietHours }).check();
      await page.getByLabel(t.quietTo, { exact: true }).fill('07:30');
      await press(page, t.save);
      await told(page, /7:30/);
    },
    'settings-profile': at('profile', 'certifiedSoon'),
    'settings-profile-refused': async ({ page }) => {
      await fill(page, { birthDate: '2024-01-01', currentPassword: 'wrong sentence' });
      await submit(page);
      await page.locator('[aria-invalid=true]').first().waitFor();
    },
    'settings-profile-saved': async ({ page, t, me }) => {
      await fill(page, { birthDate: '1990-01-02', currentPassword: me.password });
      await submit(page);
      await told(page, t.profileSaved);
    },
    'settings-email': at('email', 'emailWhy'),
    'settings-email-again': async (w) => {
      const { message } = await nextMessage(w.me.email, (m) => m.link?.includes('verify-email'), () => press(w.page, w.t.emailAgain));
      w.link = message.link;
      await told(w.page, w.t.emailAgainDone);
    },
    'settings-email-refused': async ({ page, me }) => {
      await fill(page, { newEmail: `new-${me.email}`, currentPassword: 'wrong sentence' });
      await submit(page);
      await invalid(page, 'currentPassword');
    },
    'settings-email-pending': async ({ page, t, me, link }) => {
      await follow(page, link);
      await fill(page, { currentPassword: me.password });
      await submit(page);
      await told(page, t.emailForget);
    },
    'settings-phone': at('phone', 'phoneLost'),
    'settings-phone-lost': async ({ page, t }) => {
      await press(page, t.phoneLostWay);
      await told(page, t.phoneLostOut);
    },
    'settings-phone-codes': async (w) => {
      const phone = `+7905${String(Date.now()).slice(-7)}`;
      await fill(w.page, { newPhone: phone, currentPassword: w.me.password });
      const { message, result } = await nextMessage(w.me.phone, (m) => m.code, () => code(phone, () => submit(w.page)));
      w.codes = { oldPhoneCode: message.code, newPhoneCode: result };
      await w.page.locator('[name=oldPhoneCode]').waitFor();
    },
    'settings-phone-codes-wrong': async ({ page, codes }) => {
      await fill(page, { ...codes, newPhoneCode: codes.newPhoneCode === '000000' ? '000001' : '000000' });
      await submit(page);
      await invalid(page, 'newPhoneCode');
    },
    'settings-phone-done': async ({ page, codes, t }) => {
      await fill(page, codes);
      await submit(page);
      await told(page, t.phoneDone.split('{{')[0]);
    },
    'settings-password': at('password', 'passwordFollows'),
    'settings-password-refused': async ({ page, me }) => {
      await fill(page, { 'currentPassword': me.password, 'new-password': 'password1', 'new-password-again': 'password1' });
      await submit(page);
      await invalid(page, 'new-password');
    },
    'settings-password-done': async ({ page, t, me }) => {
      const wanted = `${me.password} and more`;
      await fill(page, { 'new-password': wanted, 'new-password-again': wanted });
      await submit(page);
      await told(page, t.passwordDone);
      me.password = wanted;
    },
    'settings-question': at('question', 'questionHint'),
    'settings-question-done': async ({ page, t, me }) => {
      await fill(page, { question: 'На какой улице вы выросли?', answer: 'На Липовой', currentPassword: me.password });
      await submit(page);
      await told(page, t.questionDone);
    },
  },
};

const picture = async (page) => ({ name: 'passport-picture-with-a-long-name.png', mimeType: 'image/png', buffer: await page.screenshot() });

export const certificates = {
  ...ONCE,
  begin: async (w) => {
    const page = await begin(w);
    await follow(page, w.me.letter.link);
    return page;
  },
  screens: {
    'settings-certificate': at('certificate', 'certificateLocks'),
    'settings-certificate-issued': async ({ page, t }) => {
      await press(page, `${t.certificateAsk}: ${t.level_FORMAL}`);
      await press(page, t.sendRequest);
      await page.getByRole('status').first().waitFor();
    },
    'settings-certificate-pictures': async ({ page, t }) => {
      await press(page, `${t.certificateAsk}: ${t.level_PERSONAL}`);
      await page.getByTestId('upload-SELFIE').waitFor();
    },
    'settings-certificate-picture-refused': async ({ page, t }) => {
      await page.getByTestId('upload-PASSPORT').locator('input[type=file]').setInputFiles({ name: 'passport.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') });
      await told(page, t.fileType);
      await page.getByTestId('upload-SELFIE').locator('input[type=file]').setInputFiles(await picture(page));
      await told(page, t.fileUploaded.split('{{')[0]);
    },
    'settings-certificate-sent': async ({ page, t }) => {
      await page.getByTestId('upload-PASSPORT').locator('input[type=file]').setInputFiles(await picture(page));
      await page.getByTestId('upload-PASSPORT').getByRole('status').waitFor();
      await press(page, t.sendRequest);
      await told(page, t.certificateSentFor.split('{{level}}')[1].slice(2));
    },
    'settings-certificate-waits': async ({ page }) => {
      await page.reload();
      await page.getByRole('status').first().waitFor();
    },
    'settings-certificate-refused': async ({ page, t }) => {
      const reason = 'На снимке не видно дату рождения: сфотографируйте разворот целиком, при дневном свете.';
      await answers(page, 'Own', ({ viewer }) => void Object.assign(viewer.certificate.request, { status: 'REJECTED', reason }));
      await page.reload();
      await told(page, t.certificateRefusedHint);
    },
    'settings-profile-locked': at('profile', 'certified'),
  },
};

// settled is somebody who has it all.
export const settled = {
  begin: (w) => w.enter('anna', '/settings'),
  screens: {
    'settings-settled': ({ page, t }) => go(page, '/settings').then(() => told(page, t.quietHint)),
    'settings-email-confirmed': at('email', 'emailConfirmed'),
    'settings-certificate-personal': at('certificate', 'gives_PERSONAL'),
    'settings-limits-none-at-all': at('limits', 'policyNowNone'),
    'settings-limits-used': async (w) => {
      w.page = await w.enter('emilia', '/settings/limits');
      await w.page.getByTestId('limit').nth(2).waitFor();
    },
    'settings-limits-code': async (w) => {
      w.page = await w.enter('emilia', '/settings/limits');
      await fill(w.page, { withoutCodeUpTo: '7.5' });
      await press(w.page, w.t.save);
      await w.page.locator('[name=code]').waitFor();
    },
    'settings-limits-refused': async (w) => {
      w.page = await w.enter('emilia', '/settings/limits');
      await fill(w.page, { withoutCodeUpTo: '7.555' });
      await press(w.page, w.t.save);
      await w.page.locator('[aria-invalid=true], [role=alert]').first().waitFor();
    },
    'settings-limits-set': async (w) => {
      w.page = await w.enter('emilia', '/settings/limits');
      await fill(w.page, { withoutCodeUpTo: '0' });
      await press(w.page, w.t.save);
      await told(w.page, w.t.policyIsNone);
    },
    'settings-agreements': async (w) => {
      w.page = await w.enter('anna');
      const text = 'Условия, заново. '.repeat(120);
      const pending = [{ __typename: 'Agreement', id: 'a', kind: 'TERMS_OF_TRANSFER', version: 2, title: 'Условия переводов между кошельками', text }];
      for (const operation of ['Standing', 'PendingAgreements']) await answers(w.page, operation, ({ viewer }) => void (viewer.pendingAgreements = pending));
      await w.page.goto(`${base}/settings/agreements`);
      await told(w.page, w.t.agreementsAccept);
    },
    'home-agreements': async (w) => {
      await settled.screens['settings-agreements'](w);
      await go(w.page, '/');
      await w.page.getByTestId('new-agreements').waitFor();
      await w.page.getByTestId('transfer').first().waitFor();
    },
  },
};

async function exported(page, status) {
  const honestly = await answers(page, 'Export', ({ viewer }) => void (viewer.dataExport.status = status));
  await page.reload();
  return { after: honestly };
}

// closing leaves with a copy of what is known, and closes the account.
export const closing = {
  ...ONCE,
  begin,
  screens: {
    'settings-export-unconfirmed': at('export', 'exportFirstEmail'),
    'settings-export': async ({ page, t, me }) => {
      await follow(page, me.letter.link);
      await page.reload();
      await told(page, t.exportTo.split('{{')[0]);
    },
    'settings-export-ready': async ({ page, t, me }) => {
      await nextMessage(me.email, (m) => m.link?.includes('/data-export#'), () => press(page, t.exportAsk));
      await page.reload();
      await told(page, t.exportAsked.split('{{')[0]);
    },
    'settings-export-running': async ({ page, t }) => {
      const how = await exported(page, 'RUNNING');
      await told(page, t.export_RUNNING);
      return how;
    },
    'settings-export-failed': async ({ page, t }) => {
      const how = await exported(page, 'FAILED');
      await told(page, t.export_FAILED);
      return how;
    },
    'settings-close': at('close', 'closeIncoming'),
    'settings-close-refused': async ({ page }) => {
      await fill(page, { currentPassword: 'wrong sentence' });
      await submit(page);
      await invalid(page, 'currentPassword');
    },
    'settings-close-code': async (w) => {
      await fill(w.page, { currentPassword: w.me.password });
      w.digits = await code(w.me.phone, () => submit(w.page));
      await w.page.locator('[name=code]').waitFor();
    },
    'settings-closing': async ({ page, t, digits }) => {
      await fill(page, { code: digits });
      await submit(page);
      await told(page, t.closingKeep);
    },
    'home-closing': async ({ page }) => {
      await go(page, '/');
      await page.getByTestId('closing').waitFor();
    },
  },
};
