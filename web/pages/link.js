// What the pages behind links share: the token after the # of the link, which reaches no server's log, and a call of the API. Opening
// a page spends nothing: mail scanners follow links, so only buttons do.
'use strict';

const LINK_SPENT = 'CODE_EXPIRED';

const language = navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en';

function token() {
  return new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
}

// forget takes the token out of the address bar and the history.
function forget() {
  history.replaceState(null, '', location.pathname);
}

function say(message, kind) {
  const outcome = document.getElementById('outcome');
  outcome.textContent = message;
  outcome.className = kind;
}

// ask sends a document and returns its only field.
async function ask(query, variables) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/graphql-response+json, application/json',
      'Accept-Language': language,
    },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(15_000),
  });
  const { data, errors } = await response.json();
  if (!data || errors) throw new Error('no answer');
  return Object.values(data)[0];
}
