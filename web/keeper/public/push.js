// What the service worker does with a push: it shows it, and a tap opens the transfer.
const ELSEWHERE = /^\/(playground|pages|dev|pay|verify-email|recover|cancel-recovery|data-export)(\/|$)/; // what else the server has at this origin

self.addEventListener('push', (event) => {
  const { title, body, data } = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(title ?? 'Keeper', { body, data, icon: '/icon-192.png', tag: data?.transferId }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { transferId } = event.notification.data ?? {};
  const path = transferId ? `/transfers/${encodeURIComponent(transferId)}` : '/';
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then((windows) => {
      const open = windows.find(({ url }) => !ELSEWHERE.test(new URL(url).pathname));
      if (!open) return self.clients.openWindow(path);
      open.postMessage({ path }); // the app goes there itself: what is open in it is not loaded anew
      return open.focus();
    }),
  );
});
