// Tells who opens the app that a part of it has not come, which the app itself then cannot. It is loaded anew by itself once, and then by a press.
addEventListener('error', ({ target }) => {
  if (!(target instanceof HTMLScriptElement) || target.type !== 'module' || !target.src.startsWith(`${location.origin}/`)) return; // what is not the app's is not told of
  let language = navigator.language;
  try {
    language = localStorage.getItem('keeper.language') ?? language;
    if (navigator.onLine && Date.now() - Number(sessionStorage.getItem('keeper.reloaded') ?? 0) >= 60_000) {
      sessionStorage.setItem('keeper.reloaded', String(Date.now()));
      return location.reload();
    }
  } catch {
    // a browser that keeps nothing: it would be loaded anew for ever
  }
  const isRussian = language.startsWith('ru');
  document.documentElement.lang = isRussian ? 'ru' : 'en';
  const [said, again] = isRussian
    ? ['Не удалось загрузить приложение. Проверьте соединение.', 'Повторить']
    : ['The app couldn’t be loaded. Check your connection.', 'Try again'];
  const main = Object.assign(document.createElement('main'), { className: 'unloaded' });
  const alert = Object.assign(document.createElement('p'), { textContent: said });
  alert.setAttribute('role', 'alert');
  const button = Object.assign(document.createElement('button'), { textContent: again, onclick: () => location.reload() });
  main.append(alert, button);
  document.getElementById('root').replaceChildren(main);
}, true);
