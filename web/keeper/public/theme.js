// Puts on the theme that was chosen by hand before anything is drawn: the app itself comes too late for that.
try {
  const chosen = localStorage.getItem('mantine-color-scheme-value');
  if (chosen === 'light' || chosen === 'dark') {
    document.documentElement.setAttribute('data-mantine-color-scheme', chosen);
    document.querySelector('meta[name=color-scheme]').setAttribute('content', chosen);
  }
} catch {
  // a browser that keeps nothing: the system's theme it is
}
