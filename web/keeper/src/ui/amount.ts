// What is typed as an amount, and how the language writes it. Amounts stay decimal strings: none becomes a float.
import i18n from 'i18next';
import type { TransferPartsFragment } from '../gql/graphql';

const decimalSign = (language: string) => new Intl.NumberFormat(language).formatToParts(1.5).find((part) => part.type === 'decimal')!.value;

// Thousands do not begin with a zero: 0,500 is no five hundred.
const COMMA = /^(\d+|[1-9]\d{0,2}(?:\s\d{3})+)(?:[.,](\d*))?$/;
const POINT = /^(\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?:\s\d{3})+)(?:\.(\d*))?$/; // a comma stands between thousands
const CENTS = /^(\d+),(\d{1,2})$/; // or before what is no thousand: the keys of a phone may have no point

// readAmount reads what was typed as the language writes it; undefined for what is no amount, or could be two: 0,500 is none in English, and 1.234,50 in no language.
export function readAmount(typed: string, language = i18n.language): string | undefined {
  const text = typed.trim();
  const [, whole, part] = (decimalSign(language) === ',' ? COMMA.exec(text) : (POINT.exec(text) ?? CENTS.exec(text))) ?? [];
  return whole && whole.replace(/[\s,]/g, '').replace(/^0+(?=\d)/, '') + (part ? `.${part}` : '');
}

export const LONGEST = 24; // of an amount that is typed

// writeAmount writes a decimal string as the language does, with as many places as it has; what is none, or is longer than any, stays.
export function writeAmount(amount: string, useGrouping = true) {
  if (amount.length > LONGEST || !/^\d+(\.\d+)?$/.test(amount)) return amount;
  const places = amount.split('.')[1]?.length ?? 0;
  return new Intl.NumberFormat(i18n.language, { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping }).format(amount as Intl.StringNumericLiteral);
}

// add adds one amount to another, or takes it away: what is taken is no larger. Nothing becomes a float.
const add = (amount: string, other: string, sign: bigint) => {
  const places = Math.max(...[amount, other].map((one) => one.split('.')[1]?.length ?? 0));
  const minor = ([whole, part = '']: string[]) => BigInt(whole + part.padEnd(places, '0'));
  const digits = String(minor(amount.split('.')) + sign * minor(other.split('.'))).padStart(places + 1, '0');
  return places > 0 ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
};

export const plus = (amount: string, more: string) => add(amount, more, 1n);
export const minus = (amount: string, less: string) => add(amount, less, -1n);

export type Figures = Pick<TransferPartsFragment, 'amount' | 'fee' | 'feePaidBy'>;

// gets is what reaches the recipient of a transfer: less than its amount where they pay the fee.
export const gets = ({ amount, fee, feePaidBy }: Pick<Figures, 'amount' | 'feePaidBy'> & { fee: { amount: string } }) => (feePaidBy === 'RECIPIENT' ? { ...amount, amount: minus(amount.amount, fee.amount) } : amount);

const NOTHING_MOVED: TransferPartsFragment['status'][] = ['AWAITING_CONFIRMATION', 'EXPIRED', 'CANCELLED', 'RETURNED'];

// signOf is a plus for what has come, a minus for what has gone; nothing for what has not moved, went back, waits for its recipient, or stays with the same person.
export function signOf({ direction, status }: Pick<TransferPartsFragment, 'direction' | 'status'>) {
  if (direction === 'INTERNAL' || NOTHING_MOVED.includes(status)) return '';
  return direction === 'OUTGOING' ? '−' : status === 'COMPLETED' ? '+' : '';
}
