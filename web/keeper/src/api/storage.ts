// A browser may keep nothing for a page, and says so by throwing. What is kept is kept in memory then, for as long as the page is open.
class Memory implements Storage {
  private kept = new Map<string, string>();
  get length() { return this.kept.size; }
  key(i: number) { return [...this.kept.keys()][i] ?? null; }
  getItem(key: string) { return this.kept.get(key) ?? null; }
  setItem(key: string, value: string) { this.kept.set(key, value); }
  removeItem(key: string) { this.kept.delete(key); }
  clear() { this.kept.clear(); }
}

for (const name of ['localStorage', 'sessionStorage'] as const) {
  try {
    window[name].getItem('');
  } catch {
    Object.defineProperty(window, name, { value: new Memory() });
  }
}
