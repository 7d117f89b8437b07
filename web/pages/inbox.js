// Keeps the inbox page in step with /dev/inbox.json. Messages are other people's text: they reach the
// page as text only, and a link only when it is a web address.
'use strict';

const POLL_MS = 2_000;
const list = document.getElementById('messages');
const empty = document.getElementById('empty');
const status = document.getElementById('status');
const template = document.getElementById('message');
const source = '/dev/inbox.json' + location.search;

// render adds what is new and removes what is gone, and leaves the rest (and the focus in it) alone.
function render(messages) {
  const keys = messages.map((message) => JSON.stringify(message));
  const wanted = new Set(keys);
  for (const item of [...list.children]) {
    if (!wanted.has(item.dataset.key)) item.remove();
  }

  let next = list.firstElementChild;
  messages.forEach((message, i) => {
    if (next && next.dataset.key === keys[i]) {
      next = next.nextElementSibling;
    } else {
      list.insertBefore(build(message, keys[i]), next);
    }
  });
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
  empty.hidden = messages.length > 0;
}

function build(message, key) {
  const item = template.content.firstElementChild.cloneNode(true);
  const field = (name) => item.querySelector(`[data-field="${name}"]`);
  item.dataset.key = key;

  for (const name of ['channel', 'to', 'subject', 'text', 'code']) {
    field(name).textContent = message[name] ?? '';
  }
  field('subject').hidden = !message.subject;
  item.querySelector('[data-part="code"]').hidden = !message.code;
  field('sentAt').dateTime = message.sentAt;
  field('sentAt').textContent = new Date(message.sentAt).toLocaleString();
  if (/^https?:\/\//.test(message.link ?? '')) {
    field('link').href = message.link;
    field('link').hidden = false;
  }
  return item;
}

// say changes the live region only when there is something new to announce.
function say(text) {
  if (status.textContent !== text) status.textContent = text;
}

async function poll() {
  try {
    const response = await fetch(source, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const messages = await response.json();
    render(messages);
    say(messages.length === 1 ? '1 message' : `${messages.length} messages`);
  } catch {
    say('The server does not answer; trying again.');
  }
}

async function follow() {
  if (!document.hidden) await poll();
  setTimeout(follow, POLL_MS);
}

list.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-action="copy"]');
  if (!button) return;
  const code = button.closest('li').querySelector('[data-field="code"]');
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = 'Copied';
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = 'Selected: copy it';
  }
  setTimeout(() => (button.textContent = 'Copy the code'), POLL_MS);
});

follow();
