import { PasswordInput, Progress, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

const OWN = 4; // letters of a word of one's own that are more than chance

// strength is a hint while one types; the server judges. What is made of few characters, or of what is known of a person, is not called good.
function strength(password: string, own: string[]) {
  const kinds = new Set(password).size;
  const isOwn = own.some((word) => word.length >= OWN && password.toLowerCase().includes(word.toLowerCase()));
  if (password.length < 8) return 0;
  if (password.length < 12 || kinds < 8 || isOwn) return 1;
  return password.length < 16 || kinds < 10 ? 2 : 3;
}

type Typed = { password: string; again: string };
type Props = { label: string; typed: Typed; onTyped: (typed: Typed) => void; error?: string; missing?: boolean; own?: string[] };

export const agree = ({ password, again }: Typed) => password !== '' && password === again;

// useMissing is for a form whose button can always be pressed: what is missing is said at its field from then on, and the first of them has the focus; so has a
// field whose content the server refuses.
export function useMissing(refusals: (string | undefined)[] = []) {
  const form = useRef<HTMLFormElement>(null);
  const [pressed, setPressed] = useState(0);
  const refused = refusals.filter(Boolean).join();
  useEffect(() => {
    if (pressed > 0 || refused) form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-missing="true"]')?.focus();
  }, [pressed, refused]);
  return { form, missing: pressed > 0, miss: () => setPressed((was) => was + 1) };
}

// NewPassword asks for a password twice and says how strong it is.
export function NewPassword({ label, typed, onTyped, error, missing, own = [] }: Props) {
  const { t } = useTranslation();
  const refused = useRef<string>(undefined);
  useEffect(() => void (refused.current = error && typed.password), [error]);
  const first = typed.password === '' && missing ? t('passwordMissing') : refused.current === undefined || refused.current === typed.password ? error : undefined; // a refusal is of what was refused
  const level = first && typed.password ? Math.min(strength(typed.password, own), 1) : strength(typed.password, own); // what the server refuses is not called good
  const said = t('strength', { level: t(`strength${level as 0 | 1 | 2 | 3}`) });
  const second = typed.again !== '' && typed.again !== typed.password ? t('passwordsDiffer') : typed.again === '' && missing ? t('passwordAgainMissing') : undefined;
  return (
    <Stack>
      <div>
        <PasswordInput label={label} name="new-password" autoComplete="new-password" description={t('passwordHint')} required value={typed.password} error={first} aria-invalid={!!first}
          onChange={(e) => onTyped({ ...typed, password: e.currentTarget.value })} />
        <div role="status">
          {typed.password && (
            <>
              <Progress mt="xs" value={first ? 25 : (level + 1) * 25} color={first ? 'red' : ['red', 'orange', 'teal', 'teal'][level]} aria-label={said} />
              <Text size="sm" mt={4}>{said}</Text>
            </>
          )}
        </div>
      </div>
      <PasswordInput label={t('passwordAgain')} name="new-password-again" autoComplete="new-password" required value={typed.again} error={second} aria-invalid={!!second}
        onChange={(e) => onTyped({ ...typed, again: e.currentTarget.value })} />
    </Stack>
  );
}
