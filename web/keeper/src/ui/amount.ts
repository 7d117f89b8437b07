// What is typed as an amount, and how the language writes it. Amounts stay decimal strings: none becomes a float.
import i18n from 'i18next';
import type { TransferPartsFragment } from '../gql/graphql';

const decimalSign = (language: string) => new Intl.NumberFormat(language).formatToParts(1.5).find((part) => part.type === 'decimal')!.value;

const COMMA = /^(\d+|\d{1,3}(?:\s\d{3})+)(?:[.,](\d*))?$/;
const POINT = /^(\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:\s\d{3})+)(?:\.(\d*))?$/; // a comma stands between thousands, and nowhere else

// readAmount reads what was typed as the language writes it; undefined for what is no amount, or could be two: 12,50 is none in English, and 1.234,50 in no language.
export function readAmount(typed: string, language = i18n.language): string | undefined {
  const [, whole, part] = (decimalSign(language) === ',' ? COMMA : POINT).exec(typed.trim()) ?? [];
  return whole && whole.replace(/[\s,]/g, '').replace(/^0+(?=\d)/, '') + (part ? `.${part}` : '');
}

// writeAmount writes a decimal string as the language does, with as many places as it has; what is none stays.
export function writeAmount(amount: string, useGrouping = true) {
  if (!/^\d+(\.\d+)?$/.test(amount)) return amount;
  const places = amount.split('.')[1]?.length ?? 0;
  return new Intl.NumberFormat(i18n.language, { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping }).format(amount as Intl.StringNumericLiteral);
}

// minus takes one amount from another that is no smaller.
export function minus(amount: string, less: string) {
  const places = Math.max(...[amount, less].map((one) => one.split('.')[1]?.length ?? 0));
  const minor = ([whole, part = '']: string[]) => BigInt(whole + part.padEnd(places, '0'));
  const digits = String(minor(amount.split('.')) - minor(less.split('.'))).padStart(places + 1, '0');
  return places > 0 ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
}

export type Figures = Pick<TransferPartsFragment, 'amount' | 'fee' | 'feePaidBy'>;

// gets is what reaches the recipient of a transfer: less than its amount where they pay the fee.
export const gets = ({ amount, fee, feePaidBy }: Figures) => (feePaidBy === 'RECIPIENT' ? { ...amount, amount: minus(amount.amount, fee.amount) } : amount);
