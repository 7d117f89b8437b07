// The bar above GraphiQL: logs a person in, keeps the session fresh and puts its token into the
// headers editor of the tab in front. Nothing of the session outlives the page.
import { pick, useGraphiQL } from '@graphiql/react';
import { type FormEvent, useEffect, useRef, useState } from 'react';

import { type Challenge, confirmLogIn, hasInbox, logIn, logOut, newestMessage, refreshSession, type Tokens } from './api';
import { withToken } from './headers';
import { text } from './text';

// The people a development server starts with.
const DEMO = [
  { name: 'Anna', login: 'anna@purser.test', password: 'demo-password', phone: '+79000000002' },
  { name: 'Boris', login: 'boris@purser.test', password: 'demo-password', phone: '+79000000003' },
  { name: 'Operator', login: 'operator@purser.test', password: 'operator-password', phone: '+79000000001' },
];

const REFRESH_AHEAD_MS = 60_000;
const CODE_WAIT_MS = 5_000;

interface Pending {
  challenge: Challenge;
  to: string; // where the inbox has the code
  before: string; // when the newest message before ours was sent
}

export function LogInBar() {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [pending, setPending] = useState<Pending | null>(null);
  const [tokens, setTokens] = useState<Tokens | null>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const [inbox, setInbox] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);

  const headersReadable = useTokenInHeaders(tokens && `Bearer ${tokens.accessToken}`);
  useRefresh(tokens, setTokens, () => setError(text.expired));

  useEffect(() => void hasInbox().then(setInbox), []);
  useEffect(() => codeField.current?.focus(), [pending]);

  // attempt runs one step at a time and shows why it failed.
  async function attempt(step: () => Promise<void>) {
    setBusy(true);
    setError('');
    try {
      await step();
    } catch (reason) {
      setError(reason instanceof Error ? reason.message : String(reason));
    } finally {
      setBusy(false);
    }
  }

  const start = (who: string, secret: string) =>
    attempt(async () => {
      const to = DEMO.find((person) => person.login === who)?.phone ?? (/^[+\d]/.test(who) ? who : '');
      const before = inbox ? ((await newestMessage(to))?.sentAt ?? '') : '';
      const outcome = await logIn(who, secret);
      setPassword('');
      if (outcome.challenge) setPending({ challenge: outcome.challenge, to, before });
      else setTokens(outcome.tokens);
    });

  const confirm = (given: string) =>
    attempt(async () => {
      setTokens(await confirmLogIn(pending!.challenge.id, given.trim()));
      cancel();
    });

  // A message is sent a moment after the answer, so it is waited for.
  async function codeFromInbox() {
    let found = '';
    await attempt(async () => {
      for (const end = Date.now() + CODE_WAIT_MS; !found; await new Promise((wake) => setTimeout(wake, 250))) {
        const message = await newestMessage(pending!.to);
        if (message && message.sentAt !== pending!.before) found = message.code;
        else if (Date.now() > end) throw new Error(text.noCode);
      }
    });
    if (!found) return;
    setCode(found);
    await confirm(found);
  }

  function cancel() {
    setPending(null);
    setCode('');
    setError('');
  }

  const leave = () =>
    attempt(async () => {
      const { accessToken } = tokens!;
      setTokens(null);
      await logOut(accessToken);
    });

  const onSubmit = (step: () => void) => (event: FormEvent) => {
    event.preventDefault();
    step();
  };

  return (
    <div className="bar" lang={text.lang}>
      <h1>Purser</h1>

      <section aria-label={text.region}>
        {tokens ? (
          <>
            <p role="status">
              {headersReadable ? text.signedIn(tokens.account.profile.firstName, tokens.account.wmid) : text.headersUnreadable}
            </p>
            <button type="button" disabled={busy} onClick={leave}>
              {text.logOut}
            </button>
          </>
        ) : pending ? (
          <form onSubmit={onSubmit(() => confirm(code))}>
            <label>
              {text.code(pending.challenge.sentTo)}
              <input
                ref={codeField}
                className="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            </label>
            <button className="main" disabled={busy}>
              {text.confirm}
            </button>
            {inbox && (
              <button type="button" disabled={busy} onClick={codeFromInbox}>
                {text.fromInbox}
              </button>
            )}
            <button type="button" onClick={cancel}>
              {text.cancel}
            </button>
          </form>
        ) : (
          <>
            {inbox && (
              <div role="group" aria-label={text.demoHint} title={text.demoHint}>
                <span aria-hidden="true">{text.demo}:</span>
                {DEMO.map((person) => (
                  <button key={person.login} type="button" disabled={busy} onClick={() => start(person.login, person.password)}>
                    {person.name}
                  </button>
                ))}
              </div>
            )}
            <form onSubmit={onSubmit(() => start(login.trim(), password))}>
              <label>
                {text.login}
                <input
                  autoComplete="username"
                  placeholder={text.loginHint}
                  required
                  value={login}
                  onChange={(event) => setLogin(event.target.value)}
                />
              </label>
              <label>
                {text.password}
                <input
                  type="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
              </label>
              <button className="main" disabled={busy}>
                {text.logIn}
              </button>
            </form>
          </>
        )}
        {busy && <p role="status">{text.busy}</p>}
        {error && <p role="alert">{error}</p>}
      </section>

      <nav aria-label="Purser">
        <button type="button" onClick={showDocs}>
          {text.docs}
        </button>
        {inbox && (
          <a href="/dev/inbox" target="_blank" rel="noreferrer">
            {text.inbox}
          </a>
        )}
        <button type="button" onClick={restoreTabs}>
          {text.restore}
        </button>
      </nav>
    </div>
  );
}

// useTokenInHeaders keeps the headers of the tab in front in step with the session and says whether
// it could. Signing out takes our token away again; a token typed by hand is left alone.
function useTokenInHeaders(token: string | null): boolean {
  const { headerEditor, activeTabIndex } = useGraphiQL(pick('headerEditor', 'activeTabIndex'));
  const [readable, setReadable] = useState(true);
  const ours = useRef(new Set<string>());

  useEffect(() => {
    if (!headerEditor) return;
    const before = headerEditor.getValue();
    const after = withToken(before, token, ours.current);
    if (token) ours.current.add(token);
    if (after !== null && after !== before) headerEditor.setValue(after);
    setReadable(after !== null);
  }, [headerEditor, activeTabIndex, token]);

  return readable;
}

// useRefresh renews the access token shortly before it expires.
function useRefresh(tokens: Tokens | null, setTokens: (tokens: Tokens | null) => void, onEnd: () => void) {
  useEffect(() => {
    if (!tokens) return;
    const left = Date.parse(tokens.accessTokenExpiresAt) - Date.now();
    const timer = setTimeout(
      () =>
        refreshSession(tokens.refreshToken).then(setTokens, () => {
          setTokens(null);
          onEnd();
        }),
      Math.max(left - REFRESH_AHEAD_MS, left / 2, 1_000),
    );
    return () => clearTimeout(timer);
  }, [tokens]);
}

// GraphiQL opens its side pane from its own button only: half of the pane's state is private to it.
function showDocs() {
  document.querySelector<HTMLButtonElement>('.graphiql-sidebar button[aria-label="Show Documentation Explorer"]')?.click();
}

function restoreTabs() {
  sessionStorage.clear();
  location.reload();
}
