import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import { ru } from './ru';

const KEPT = 'keeper.language'; // no secret: which language was chosen here

// startTexts takes the language that was chosen, or the browser's.
export async function startTexts() {
  const wanted = localStorage.getItem(KEPT) ?? (navigator.language.startsWith('ru') ? 'ru' : 'en');
  await i18n.use(initReactI18next).init({
    lng: wanted, fallbackLng: 'en', resources: { en: { translation: en }, ru: { translation: ru } }, interpolation: { escapeValue: false },
  });
  document.documentElement.lang = i18n.language;
  window.addEventListener('storage', ({ key, newValue }) => void (key === KEPT && newValue && speak(newValue))); // chosen in another tab
}

export function chooseLanguage(language: string) {
  localStorage.setItem(KEPT, language);
  return speak(language);
}

function speak(language: string) {
  document.documentElement.lang = language;
  return i18n.changeLanguage(language);
}

type Money = { amount: string; currency: { code: string } };

// money writes an amount exactly as it is: the decimal string never becomes a float.
export function money({ amount, currency }: Money, signed = false) {
  const places = amount.split('.')[1]?.length ?? 0; // always all of the currency's
  const digits = { minimumFractionDigits: places, maximumFractionDigits: places, signDisplay: signed ? 'exceptZero' : 'auto' } as const;
  const text = new Intl.NumberFormat(i18n.language, digits).format(amount as Intl.StringNumericLiteral);
  return `${text.replace('-', '−')}\u00a0${currency.code}`; // a minus, as wide as the plus; a sum is never parted from its currency
}

// time is a moment, with its year where that is not this one.
export function time(iso: string) {
  const at = new Date(iso);
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  const text = new Intl.DateTimeFormat(i18n.language, { day: 'numeric', month: 'short', year, hour: i18n.language === 'ru' ? '2-digit' : 'numeric', minute: '2-digit' }).format(at);
  return text.replace(/\s/g, '\u00a0'); // in one piece
}

export const clock = (iso: string) => new Intl.DateTimeFormat(i18n.language, { timeStyle: 'short' }).format(new Date(iso));

// lately is a moment as short as it can be: its hour today, its day before.
export function lately(iso: string) {
  const [at, now] = [new Date(iso), new Date()];
  if (at.toDateString() === now.toDateString()) return clock(iso);
  const year = at.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(i18n.language, { day: 'numeric', month: 'short', year }).format(at).replace(/\s/g, '\u00a0');
}

// day is the day of a moment, in words where it is near.
export function day(iso: string) {
  const start = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const ago = Math.round((start(new Date()) - start(new Date(iso))) / 86_400_000);
  if (ago === 0) return i18n.t('today');
  if (ago === 1) return i18n.t('yesterday');
  return new Intl.DateTimeFormat(i18n.language, { dateStyle: 'long' }).format(new Date(iso));
}
