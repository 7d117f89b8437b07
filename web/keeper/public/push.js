// What the service worker does with a push: it shows it, and a tap opens the transfer.
const ELSEWHERE = /^\/(playground|pages|dev|pay|verify-email|recover|cancel-recovery|data-export)(\/|$)/; // what else the server has at this origin

self.addEventListener('push', (event) => {
  const { title, body, data } = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(title ?? 'Keeper', { body, data, icon: '/icon-192.png', tag: data?.transferId }));
});

const ANSWER_MS = 5_000; // a page that is busy answers late, and would lose what only its memory holds

// lead has the app go to a path by itself: what is open in it is not loaded anew. Where none answers, such as one of another version, the window is led there.
function lead(open, path) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(() => open.navigate(path).then(done, done), ANSWER_MS);
    port1.onmessage = () => {
      clearTimeout(late);
      done();
    };
    open.postMessage({ path }, [port2]);
  });
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { transferId } = event.notification.data ?? {};
  const path = transferId ? `/transfers/${encodeURIComponent(transferId)}` : '/';
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then((windows) => {
      const open = windows.find(({ url }) => !ELSEWHERE.test(new URL(url).pathname));
      if (!open) return self.clients.openWindow(path);
      return open.focus().then(() => lead(open, path));
    }),
  );
});
