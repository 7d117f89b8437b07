// Leads through the recovery of a lost phone: the answer to the security question, two days later the new phone, its code and a new
// password. Which step is due, the server says.
'use strict';

const words = {
  en: {
    title: 'A lost phone',
    intro: 'Answer the security question of your Purser account. Then it takes a while until a new phone can be set.',
    app: 'A code of your authenticator app, or a backup code',
    passkey: 'A backup code, or a code of your authenticator app; leave it empty to use a passkey',
    cancelled: 'The passkey was not used. Try again, or give a code.',
    go: 'Answer', phone: 'The new phone, with its country code', send: 'Send a code', code: 'The code from the message',
    password: 'A new password', again: 'The same again', finish: 'Set phone and password',
    busy: 'One moment…',
    wait: (when) => `Thank you. From ${when} on you can set a new phone: open this link again then.`,
    ready: 'Now you can set a new phone.',
    done: (wmid) => `It is done. Log in with WMID ${wmid} and the new password. You can close this page.`,
    noToken: 'The link is incomplete. Open it from the letter once more, or copy all of it, to the last letter.',
    spent: 'This link has run out, was stopped or replaced. The app can send another letter.',
    failed: 'That did not work. Check the connection and try again.',
  },
  ru: {
    title: 'Утерян телефон',
    intro: 'Ответьте на контрольный вопрос вашего аккаунта в Purser. После этого пройдёт время, прежде чем можно будет указать новый телефон.',
    app: 'Код из приложения-аутентификатора или запасной код',
    passkey: 'Запасной код или код из приложения-аутентификатора; чтобы использовать ключ доступа, оставьте поле пустым',
    cancelled: 'Ключ доступа не использован. Попробуйте ещё раз или введите код.',
    go: 'Ответить', phone: 'Новый телефон с кодом страны', send: 'Прислать код', code: 'Код из сообщения',
    password: 'Новый пароль', again: 'Ещё раз', finish: 'Сохранить телефон и пароль',
    busy: 'Минуту…',
    wait: (when) => `Спасибо. Новый телефон можно указать с ${when}: откройте тогда эту ссылку ещё раз.`,
    ready: 'Теперь можно указать новый телефон.',
    done: (wmid) => `Готово. Войдите с WMID ${wmid} и новым паролем. Страницу можно закрыть.`,
    noToken: 'Ссылка неполная. Откройте её из письма ещё раз или скопируйте целиком, до последней буквы.',
    spent: 'Ссылка устарела, остановлена или заменена. Приложение может отправить ещё одно письмо.',
    failed: 'Не получилось. Проверьте связь и попробуйте ещё раз.',
  },
};

const FIND = `query ($t: String!) {
  lostPhoneRecovery(token: $t) { securityQuestion totpRequired passkeyPossible readyAt }
}`;
const SIGN = `mutation ($t: String!) {
  startRecoveryAssertion(input: { token: $t }) { ceremony { id options } userErrors { code message } }
}`;
const ANSWER = `mutation ($t: String!, $a: String!, $c: String, $k: PasskeyAssertionInput) {
  answerLostPhoneRecovery(input: { token: $t, securityAnswer: $a, totpCode: $c, assertion: $k }) {
    recovery { securityQuestion totpRequired passkeyPossible readyAt }
    userErrors { code message }
  }
}`;
const PHONE = `mutation ($t: String!, $p: PhoneNumber!) {
  setRecoveryPhone(input: { token: $t, phone: $p }) { challenge { id } userErrors { code message } }
}`;
const FINISH = `mutation ($t: String!, $c: String!, $p: String!, $q: String!) {
  completeLostPhoneRecovery(input: { token: $t, code: $c, newPassword: $p, newPasswordConfirmation: $q }) {
    wmid
    userErrors { code message }
  }
}`;

const text = words[language];
const intro = document.getElementById('intro');
const forms = ['answer', 'phone', 'finish'].map((id) => document.getElementById(id));
const value = (id) => document.getElementById(id).value;

// step shows one form, or none.
function step(id) {
  for (const form of forms) form.hidden = form.id !== id;
  intro.hidden = id !== 'answer';
}

// withPasskey is whether this browser can sign with a passkey of the account.
let withPasskey = false;

function show(recovery) {
  const { securityQuestion, totpRequired, passkeyPossible, readyAt } = recovery;
  withPasskey = passkeyPossible && Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);
  document.getElementById('question').textContent = securityQuestion;
  for (const part of document.querySelectorAll('[data-app]')) part.hidden = !totpRequired;
  document.getElementById('totpCode').required = totpRequired && !withPasskey;
  document.querySelector('[data-word="app"]').textContent = withPasskey ? text.passkey : text.app;
  if (!readyAt) {
    step('answer');
    say('', '');
  } else if (new Date(readyAt) > new Date()) {
    step('');
    say(text.wait(new Date(readyAt).toLocaleString(language)), 'good');
  } else {
    step('phone');
    say(text.ready, '');
  }
}

async function open() {
  step('');
  if (!token()) {
    say(text.noToken, 'bad');
    return;
  }
  try {
    const recovery = await ask(FIND, { t: token() });
    if (recovery) show(recovery);
    else say(text.spent, 'bad');
  } catch {
    say(text.failed, 'bad');
  }
}

// on sends a form, says what was refused, and goes on with the answer otherwise.
function on(id, send, next) {
  const form = document.getElementById(id);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    say(text.busy, '');
    try {
      const answer = await send();
      const [refusal] = answer.userErrors;
      if (refusal) say(refusal.message, 'bad');
      else next(answer);
    } catch {
      say(text.failed, 'bad');
    } finally {
      button.disabled = false;
    }
  });
}

// answer gives the answer with a code, or has a passkey sign for this recovery when the code was left empty.
async function answer() {
  const given = { t: token(), a: value('securityAnswer'), c: value('totpCode') || null };
  if (given.c || !withPasskey) return ask(ANSWER, given);
  const { ceremony, userErrors } = await ask(SIGN, { t: token() });
  if (!ceremony) return { userErrors };
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(ceremony.options));
    const credential = JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
    given.k = { ceremonyId: ceremony.id, credential };
  } catch {
    return { userErrors: [{ message: text.cancelled }] };
  }
  return ask(ANSWER, given);
}

on('answer', answer, ({ recovery }) => show(recovery));
on('phone', () => ask(PHONE, { t: token(), p: value('newPhone') }), () => {
  step('finish');
  say('', '');
});
on('finish', () => ask(FINISH, { t: token(), c: value('code'), p: value('newPassword'), q: value('newPasswordConfirmation') }), ({ wmid }) => {
  step('');
  forget();
  say(text.done(wmid), 'good');
});

document.documentElement.lang = language;
document.title = `${text.title} · Purser`;
document.getElementById('title').textContent = text.title;
intro.textContent = text.intro;
for (const part of document.querySelectorAll('[data-word]')) part.textContent = text[part.dataset.word];
addEventListener('hashchange', open);
open();
