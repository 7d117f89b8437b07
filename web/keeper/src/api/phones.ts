import { AsYouType, type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/min';
import { unbroken } from './numbers';

export type Typed = { text: string; country: CountryCode };

const codeOf = (country: CountryCode) => `+${getCountryCallingCode(country)}`;
const isCountry = (region: string | undefined): region is CountryCode => !!region && (getCountries() as string[]).includes(region);

// guessCountry is where a person most likely is: by the clock's time zone, else by the language.
export function guessCountry(): CountryCode {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const here = getCountries().find((c) => {
    const { getTimeZones } = Intl.Locale.prototype as { getTimeZones?: (this: Intl.Locale) => string[] | undefined };
    return getTimeZones?.call(new Intl.Locale('und', { region: c }))?.includes(zone);
  });
  const spoken = navigator.languages.map((l) => new Intl.Locale(l)).map((l) => l.region ?? l.maximize().region);
  return here ?? spoken.find(isCountry) ?? 'RU';
}

// countries are all that have phones: the name in a language, the flag, the code.
export function countries(language: string) {
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const flag = (c: string) => String.fromCodePoint(...[...c].map((letter) => 0x1f1a5 + letter.charCodeAt(0)));
  return getCountries()
    .map((c) => ({ value: c as string, name: names.of(c) ?? c, label: `${flag(c)} ${names.of(c) ?? c} ${codeOf(c)}` }))
    .sort((a, b) => a.name.localeCompare(b.name, language));
}

// The seven of Russia and Kazakhstan is written as +7 (000) 000-00-00 there; the library knows other ways only. No digit is left out: a number that is too long is
// refused, and no other one is meant.
function sevens(digits: string) {
  const [, area, a, b, c] = /^(\d{0,3})(\d{0,3})(\d{0,2})(\d*)/.exec(digits)!;
  return ['+7', area && ` (${area}`, a && `) ${a}`, b && `-${b}`, c && `-${c}`].join('');
}

const isPossible = (text: string) => {
  const number = new AsYouType();
  number.input(text);
  return number.isPossible();
};

// once leaves out a country's code that stands there twice: whoever types it without its + finds it written before it, and goes on. Of +7 77 nobody can tell: numbers
// of Kazakhstan begin so.
function once(text: string) {
  const number = new AsYouType();
  number.input(text);
  const code = number.getCallingCode() ?? '';
  const rest = text.slice(1 + code.length);
  return code.length > 1 && rest.startsWith(code) && !isPossible(text) && isPossible(`+${rest}`) ? `+${rest}` : text;
}

// written is a number as its country writes it, while it is typed. One with a + says its country by itself, also when it is pasted whole; another is one
// of the country that is chosen, with or without what is dialled at home before it.
export function written(typed: string, country: CountryCode): Typed {
  let text = `+${typed.replace(/\D/g, '')}`;
  if (!/^\s*\+/.test(typed) && text !== '+') {
    const home = new AsYouType(country);
    home.input(text.slice(1));
    const national = home.getNumber()?.nationalNumber;
    if (!national || text.length < 3) return { text: text.slice(1), country }; // a single digit may be what is dialled before the number
    text = codeOf(country) + national;
  }
  text = once(text.replace(/^\+7[78](9\d{9})$/, '+7$1')).slice(0, 16); // E.164; ten digits follow +7, and no area is 79 or 89: that is the 7 or 8 of who typed no +
  const abroad = new AsYouType();
  const shown = abroad.input(text);
  const named = abroad.getCountry();
  const sure = named ?? (text.startsWith(codeOf(country)) ? country : getCountries().find((c) => text.length > 1 && codeOf(c) === `+${abroad.getCallingCode() ?? ''}`) ?? country);
  return { text: text.startsWith('+7') ? sevens(text.slice(2)) : shown, country: sure };
}

// within is the same number in another country: its code is another, what follows stays.
export function within(typed: string, from: CountryCode, to: CountryCode): Typed {
  const digits = typed.replace(/[^\d+]/g, '');
  const national = digits.startsWith(codeOf(from)) ? digits.slice(codeOf(from).length) : '';
  return { text: written(codeOf(to) + national, to).text, country: to };
}

// mask shows the form of a number before it is typed.
export const mask = (country: CountryCode) => (getCountryCallingCode(country) === '7' ? '+7 (000) 000-00-00' : codeOf(country));

// shown is a number of somebody's that is known, as its country writes it.
export const shown = (phone: string) => unbroken(written(phone, 'RU').text);
