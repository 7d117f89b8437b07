// Shows what a payment link asks for: who, how much and what for, and the QR code of the link for the app of another phone. It pays nothing.
'use strict';

const words = {
  en: {
    title: 'A request for money',
    asks: (name) => `${name} asks you for`,
    open: 'an amount of your choice',
    wallet: (number) => `Wallet ${number}`,
    until: (when) => `Good until ${when}`,
    keeper: 'Pay in Keeper',
    qr: 'QR code of this link',
    how: 'To pay, open the link in the Purser app, or scan the code with it. Pay only people you know.',
    busy: 'One moment…',
    wrong: 'This payment link is not valid. Copy all of it, or ask for a new one.',
    noToken: 'The link is incomplete. Copy all of it, to the last letter.',
    failed: 'That did not work. Check the connection and try again.',
  },
  ru: {
    title: 'Просьба о переводе',
    asks: (name) => `${name} просит перевести`,
    open: 'сумму на ваше усмотрение',
    wallet: (number) => `Кошелёк ${number}`,
    until: (when) => `Действует до ${when}`,
    keeper: 'Заплатить в Keeper',
    qr: 'QR-код этой ссылки',
    how: 'Чтобы заплатить, откройте ссылку в приложении Purser или отсканируйте им код. Платите только тем, кого знаете.',
    busy: 'Минуту…',
    wrong: 'Эта платёжная ссылка неверна. Скопируйте её целиком или попросите новую.',
    noToken: 'Ссылка неполная. Скопируйте её целиком, до последней буквы.',
    failed: 'Не получилось. Проверьте связь и попробуйте ещё раз.',
  },
};

const READ = `query ($l: String!) {
  paymentRequest(link: $l) {
    request { walletNumber currency { code } recipientName amount { amount } memo expiresAt qrSvg }
    userErrors { code message }
  }
}`;

const text = words[language];
const part = (id) => document.getElementById(id);

// sum writes an amount as the language does, without a number in between: no sum is too long for that.
function sum(amount) {
  const [whole, cents] = amount.split('.');
  const point = new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === 'decimal').value;
  return new Intl.NumberFormat(language).format(BigInt(whole)) + (cents ? point + cents : '');
}

// grouped makes a number readable, in one piece.
const grouped = (number) => number.replace(/^([A-Z])(\d{4})(\d{4})(\d{4})$/, '$1\u00a0$2\u00a0$3\u00a0$4');

function show(request) {
  const { walletNumber, currency, recipientName, amount, memo, expiresAt, qrSvg } = request;
  part('asks').textContent = text.asks(recipientName);
  part('amount').textContent = amount ? `${sum(amount.amount)}\u00a0${currency.code}` : `${text.open}, ${currency.code}`;
  part('memo').textContent = memo ?? '';
  part('memo').hidden = !memo;
  part('wallet').textContent = text.wallet(grouped(walletNumber));
  part('until').textContent = text.until(new Date(expiresAt).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' }));
  part('until').dateTime = expiresAt;
  const drawing = new DOMParser().parseFromString(qrSvg, 'image/svg+xml').documentElement;
  part('qr').replaceChildren(document.importNode(drawing, true));
  part('qr').setAttribute('aria-label', text.qr);
  part('keeper').textContent = text.keeper;
  part('keeper').href = `/send#pay=${encodeURIComponent(token())}`; // behind the #, which reaches no server's log
  part('how').textContent = text.how;
  part('request').hidden = false;
}

async function open() {
  part('request').hidden = true;
  if (!token()) {
    say(text.noToken, 'bad');
    return;
  }
  say(text.busy, '');
  try {
    const { request, userErrors: [refusal] } = await ask(READ, { l: token() });
    if (request) show(request);
    say(refusal?.code === 'INVALID_INPUT' ? text.wrong : refusal?.message ?? '', refusal ? 'bad' : '');
  } catch {
    say(text.failed, 'bad');
  }
}

document.documentElement.lang = language;
document.title = `${text.title} · Purser`;
part('title').textContent = text.title;
addEventListener('hashchange', open);
open();
