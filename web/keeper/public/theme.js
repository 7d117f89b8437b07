// Puts on the theme that was chosen by hand before anything is drawn: the app itself comes too late for that. The browser's bars go with it, then and later.
{
  const root = document.documentElement;
  const bars = [...document.querySelectorAll('meta[name=theme-color]')];
  const [light, dark] = bars.map((bar) => bar.content);
  new MutationObserver(() => {
    for (const bar of bars) bar.content = root.dataset.mantineColorScheme === 'dark' ? dark : light;
  }).observe(root, { attributeFilter: ['data-mantine-color-scheme'] });
  try {
    const chosen = localStorage.getItem('mantine-color-scheme-value');
    if (chosen === 'light' || chosen === 'dark') {
      root.setAttribute('data-mantine-color-scheme', chosen);
      document.querySelector('meta[name=color-scheme]').setAttribute('content', chosen);
    }
  } catch {
    // a browser that keeps nothing: the system's theme it is
  }
}
