// Web Push: what a browser is told while the app is closed.

export const canBePushed = () => 'PushManager' in window && 'serviceWorker' in navigator && 'Notification' in window;

const fromBase64 = (text: string) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));

// isOf tells whether a subscription is of a server's key.
const isOf = ({ options }: PushSubscription, key: Uint8Array) => `${new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))}` === `${key}`;

// isSubscribed tells whether the browser shows what the server pushes: the person may have forbidden it since, or cleared what the browser keeps.
export async function isSubscribed() {
  const worker = await navigator.serviceWorker.getRegistration();
  return Notification.permission === 'granted' && !!(await worker?.pushManager.getSubscription());
}

// subscribe asks the person and the browser; null when one of them does not want to.
export async function subscribe(serverKey: string) {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  const worker = await navigator.serviceWorker.ready;
  const key = fromBase64(serverKey);
  const before = await worker.pushManager.getSubscription();
  if (before && !isOf(before, key)) await before.unsubscribe(); // of a key that the server has no more
  const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = made.toJSON();
  return endpoint && keys ? { endpoint, p256dh: keys.p256dh, auth: keys.auth } : null;
}

export async function unsubscribe() {
  const worker = await navigator.serviceWorker.getRegistration();
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
}
