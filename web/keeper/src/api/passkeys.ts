// Passkeys as browsers make and use them. What the server gives and takes is WebAuthn's own JSON.

export const canUsePasskeys = () => typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

// create makes a passkey on this device; it is rejected when the person does not want to, or the device has one already.
export async function create(options: string) {
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options)) });
  return JSON.stringify((made as PublicKeyCredential).toJSON());
}

// sign has a passkey sign what the server asks; it is rejected when the person does not want to.
export async function sign(options: string) {
  const signed = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options)) });
  return JSON.stringify((signed as PublicKeyCredential).toJSON());
}
