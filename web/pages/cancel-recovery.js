// Stops the recovery of a lost phone, with the token of the link that its person was sent.
'use strict';

const words = {
  en: {
    title: 'Stop the new phone',
    intro: 'Somebody says that the phone of your Purser account is lost and wants to set a new one. If it is not you, stop it.',
    stop: 'Stop it',
    busy: 'One moment…',
    done: 'It is stopped. Your phone and your password stay as they are. You can close this page.',
    noToken: 'The link is incomplete. Open it from the message once more, or copy all of it, to the last letter.',
    spent: 'There is nothing to stop any more: it was stopped already, or is over.',
    failed: 'That did not work. Check the connection and try again.',
  },
  ru: {
    title: 'Остановить смену телефона',
    intro: 'Кто-то сообщил, что телефон вашего аккаунта в Purser утерян, и хочет указать новый. Если это не вы, остановите.',
    stop: 'Остановить',
    busy: 'Минуту…',
    done: 'Остановлено. Телефон и пароль остались прежними. Страницу можно закрыть.',
    noToken: 'Ссылка неполная. Откройте её из сообщения ещё раз или скопируйте целиком, до последней буквы.',
    spent: 'Останавливать уже нечего: это сделано раньше или время вышло.',
    failed: 'Не получилось. Проверьте связь и попробуйте ещё раз.',
  },
};

const CANCEL = `mutation ($t: String!) {
  cancelRecovery(input: { token: $t }) {
    cancelled
    userErrors { code message }
  }
}`;

const text = words[language];
const intro = document.getElementById('intro');
const button = document.getElementById('stop');

function show() {
  button.hidden = intro.hidden = !token();
  say(token() ? '' : text.noToken, token() ? '' : 'bad');
}

async function stop() {
  button.disabled = true;
  say(text.busy, '');
  try {
    const { userErrors: [refusal] } = await ask(CANCEL, { t: token() });
    if (refusal && refusal.code !== LINK_SPENT) {
      say(refusal.message, 'bad');
      return;
    }
    button.hidden = intro.hidden = true;
    forget();
    if (refusal) say(text.spent, 'bad');
    else say(text.done, 'good');
  } catch {
    say(text.failed, 'bad');
  } finally {
    button.disabled = false;
  }
}

document.documentElement.lang = language;
document.title = `${text.title} · Purser`;
document.getElementById('title').textContent = text.title;
intro.textContent = text.intro;
button.textContent = text.stop;
button.addEventListener('click', stop);
addEventListener('hashchange', show);
show();
