import { PasswordInput, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

// strength is a hint while one types; the server judges.
const strength = (password: string) => (password.length < 8 ? 0 : password.length < 12 ? 1 : new Set(password).size < 10 || password.length < 16 ? 2 : 3);

type Typed = { password: string; again: string };
type Props = { label: string; typed: Typed; onTyped: (typed: Typed) => void; error?: string };

export const agree = ({ password, again }: Typed) => password !== '' && password === again;

// NewPassword asks for a password twice and says how strong it is.
export function NewPassword({ label, typed, onTyped, error }: Props) {
  const { t } = useTranslation();
  const level = strength(typed.password);
  const said = t('strength', { level: t(`strength${level as 0 | 1 | 2 | 3}`) });
  const differs = typed.again !== '' && typed.again !== typed.password;
  return (
    <Stack>
      <PasswordInput label={label} name="new-password" autoComplete="new-password" description={t('passwordHint')} required value={typed.password} error={error} aria-invalid={!!error}
        onChange={(e) => onTyped({ ...typed, password: e.currentTarget.value })} />
      <div role="status">
        <Progress value={(level + 1) * 25} color={['red', 'orange', 'teal', 'teal'][level]} aria-label={said} />
        <Text size="sm" mt={4}>{said}</Text>
      </div>
      <PasswordInput label={t('passwordAgain')} name="new-password-again" autoComplete="new-password" required value={typed.again} error={differs ? t('passwordsDiffer') : undefined} aria-invalid={differs}
        onChange={(e) => onTyped({ ...typed, again: e.currentTarget.value })} />
    </Stack>
  );
}
