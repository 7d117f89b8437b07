// Web Push: what a browser is told while the app is closed.

export const canBePushed = () => 'PushManager' in window && 'serviceWorker' in navigator && 'Notification' in window;

const fromBase64 = (text: string) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

// subscribe asks the person and the browser; null when one of them does not want to.
export async function subscribe(serverKey: string) {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  const worker = await navigator.serviceWorker.ready;
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(serverKey) });
  const { endpoint, keys } = made.toJSON();
  return endpoint && keys ? { endpoint, p256dh: keys.p256dh, auth: keys.auth } : null;
}

export async function unsubscribe() {
  const worker = await navigator.serviceWorker.getRegistration();
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
}
