// Confirms an e-mail address with the token after the # of the link. Opening the page spends nothing:
// mail scanners follow links, so only the button does.
'use strict';

const words = {
  en: {
    title: 'Confirm your e-mail',
    intro: 'Somebody gave this address when opening a Purser account. If it was you, confirm that it is yours.',
    confirm: 'Confirm',
    busy: 'One moment…',
    done: 'Thank you, the address is confirmed. You can close this page.',
    doneWith: (address) => `Thank you, ${address} is confirmed. You can close this page.`,
    noToken: 'The link is incomplete. Open it from the letter once more, or copy all of it, to the last letter.',
    spent: 'This link was used already, was replaced by a newer one or has run out. The app can send another letter.',
    failed: 'That did not work. Check the connection and try again.',
  },
  ru: {
    title: 'Подтвердите почту',
    intro: 'Кто-то указал этот адрес, создавая аккаунт в Purser. Если это вы, подтвердите, что адрес ваш.',
    confirm: 'Подтвердить',
    busy: 'Минуту…',
    done: 'Спасибо, адрес подтверждён. Страницу можно закрыть.',
    doneWith: (address) => `Спасибо, адрес ${address} подтверждён. Страницу можно закрыть.`,
    noToken: 'Ссылка неполная. Откройте её из письма ещё раз или скопируйте целиком, до последней буквы.',
    spent: 'Эта ссылка уже использована, заменена новой или устарела. Приложение может отправить ещё одно письмо.',
    failed: 'Не получилось. Проверьте связь и попробуйте ещё раз.',
  },
};

const MUTATION = `mutation ($t: String!) {
  verifyEmail(input: { token: $t }) {
    account { wmid email { address verified } }
    userErrors { code message }
  }
}`;

const LINK_SPENT = 'CODE_EXPIRED';

const language = navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';
const text = words[language];
const intro = document.getElementById('intro');
const button = document.getElementById('confirm');
const outcome = document.getElementById('outcome');

function token() {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}

function say(message, kind) {
  outcome.textContent = message;
  outcome.className = kind;
}

// show is the page as it stands before anything was confirmed.
function show() {
  button.hidden = intro.hidden = !token();
  say(token() ? '' : text.noToken, token() ? '' : 'bad');
}

// verify returns what came of it; there is an address when somebody is signed in here.
async function verify() {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      'Accept-Language': language,
    },
    body: JSON.stringify({ query: MUTATION, variables: { t: token() } }),
    signal: AbortSignal.timeout(15_000),
  });
  const { data } = await response.json();
  if (!data?.verifyEmail) throw new Error('no answer');
  const { account, userErrors } = data.verifyEmail;
  return { refusal: userErrors[0], address: account?.email.address };
}

async function confirm() {
  button.disabled = true;
  say(text.busy, '');
  try {
    const { refusal, address } = await verify();
    if (refusal && refusal.code !== LINK_SPENT) {
      say(refusal.message, 'bad');
      return;
    }
    button.hidden = intro.hidden = true;
    history.replaceState(null, '', location.pathname); // the token is spent: do not keep it in the history
    if (refusal) say(text.spent, 'bad');
    else say(address ? text.doneWith(address) : text.done, 'good');
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
button.textContent = text.confirm;
button.addEventListener('click', confirm);
addEventListener('hashchange', show);
show();
