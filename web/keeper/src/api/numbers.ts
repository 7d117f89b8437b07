// What can be told of a number before any request: its form, and its check digit by ISO 7064 MOD 11,10.

function hasGoodCheckDigit(digits: string) {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (product + Number(digit)) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (product + Number(digits.at(-1))) % 10 === 1;
}

// dialed writes a mobile phone as it is dialed in Russia (8 900 …, or without its plus) as phones are written everywhere. Nothing else has eleven digits.
const dialed = (bare: string) => bare.replace(/^[78](?=9\d{9}$)/, '+7');

const SEPARATORS = /[\s()\u2010-\u2015-]/g;

// readLogin is what names an account, as it was typed, but for a phone as it is dialed.
export function readLogin(typed: string) {
  const bare = typed.replace(SEPARATORS, '');
  const phone = dialed(bare);
  return phone === bare ? typed : phone;
}

export type Recipient = { walletNumber: string } | { wmid: string } | { phone: string };
export type Read = { recipient?: Recipient; problem?: 'incomplete' | 'mistyped' | 'currency' };

// readRecipient reads what was typed: a wallet's number, a WMID or a phone; where that is all, also one as it is dialed in Russia (8 900 …, or without its plus),
// which begins like a WMID.
export function readRecipient(typed: string, currency: string, isAll = true): Read {
  const bare = typed.replace(SEPARATORS, '').toUpperCase();
  const text = (isAll ? dialed(bare) : bare).replace(/^WMID:?/, '');
  if (text.startsWith('+')) return /^\+\d{8,15}$/.test(text) ? { recipient: { phone: text } } : { problem: 'incomplete' };
  const [, letter, digits] = /^([A-Z]?)(\d*)$/.exec(text) ?? [];
  if (digits === undefined || digits.length !== 12) return { problem: 'incomplete' };
  if (!hasGoodCheckDigit(digits)) return { problem: 'mistyped' };
  if (!letter) return { recipient: { wmid: digits } };
  if (letter !== currency) return { problem: 'currency' };
  return { recipient: { walletNumber: letter + digits } };
}

// grouped makes a number readable, in one piece: Z 1234 5678 9012.
export const grouped = (number: string) => number.replace(/^([A-Z]?)(\d{4})(\d{4})(\d{4})$/, '$1\u00a0$2\u00a0$3\u00a0$4').trim();

// unbroken keeps a phone or an address on one line, as it is read.
export const unbroken = (text: string) => text.replace(/ /g, '\u00a0').replace(/-/g, '\u2011');
