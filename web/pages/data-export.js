// Fetches the copy of a person's data, with the token of the letter's link.
'use strict';

const words = {
  en: {
    title: 'Your data',
    intro: 'The copy of your data at Purser is ready. Keep it where only you can read it.',
    fetch: 'Fetch it',
    busy: 'One moment…',
    done: 'It is fetched: purser-data.zip. You can close this page.',
    noToken: 'The link is incomplete. Open it from the letter once more, or copy all of it, to the last letter.',
    spent: 'This copy is deleted: it is kept for two days. You can ask for another one in the app.',
    often: 'That was too often. Try again later.',
    failed: 'That did not work. Check the connection and try again.',
  },
  ru: {
    title: 'Ваши данные',
    intro: 'Копия ваших данных в Purser готова. Храните её там, где её прочтёте только вы.',
    fetch: 'Скачать',
    busy: 'Минуту…',
    done: 'Готово: purser-data.zip. Страницу можно закрыть.',
    noToken: 'Ссылка неполная. Откройте её из письма ещё раз или скопируйте целиком, до последней буквы.',
    spent: 'Эта копия удалена: она хранится два дня. Новую можно запросить в приложении.',
    often: 'Слишком часто. Попробуйте позже.',
    failed: 'Не получилось. Проверьте связь и попробуйте ещё раз.',
  },
};

const FETCH_MS = 300_000;
const text = words[language];
const intro = document.getElementById('intro');
const button = document.getElementById('fetch');

function show() {
  button.hidden = intro.hidden = !token();
  say(token() ? '' : text.noToken, token() ? '' : 'bad');
}

// keep hands what was fetched to the browser, to be saved as a file.
function keep(archive) {
  const address = URL.createObjectURL(archive);
  const link = document.createElement('a');
  link.href = address;
  link.download = 'purser-data.zip';
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function fetchIt() {
  button.disabled = true;
  say(text.busy, '');
  try {
    const response = await fetch('/data-export', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Accept-Language': language },
      body: JSON.stringify({ token: token() }),
      signal: AbortSignal.timeout(FETCH_MS),
    });
    if (response.ok) {
      keep(await response.blob());
      say(text.done, 'good');
    } else if (response.status === 404) {
      button.hidden = intro.hidden = true;
      forget();
      say(text.spent, 'bad');
    } else {
      say(response.status === 429 ? text.often : text.failed, 'bad');
    }
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
button.textContent = text.fetch;
button.addEventListener('click', fetchIt);
addEventListener('hashchange', show);
show();
