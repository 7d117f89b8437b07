// What the service worker does with a push: it shows it, and a tap opens the transfer.
self.addEventListener('push', (event) => {
  const { title, body, data } = event.data?.json() ?? {};
  event.waitUntil(self.registration.showNotification(title ?? 'Keeper', { body, data, icon: '/icon.svg', tag: data?.transferId }));
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { transferId } = event.notification.data ?? {};
  const path = transferId ? `/transfers/${encodeURIComponent(transferId)}` : '/';
  event.waitUntil(
    self.clients.matchAll({ type: 'window' }).then(([open]) => (open ? open.focus().then((w) => w.navigate(path)) : self.clients.openWindow(path))),
  );
});
