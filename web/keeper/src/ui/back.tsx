import { Anchor } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

// Back leads to where a screen is one of, or is opened from.
export function Back({ to }: { to: 'history' | 'wallets' | 'settings' | 'security' | 'contacts' }) {
  const { t } = useTranslation();
  return <Anchor component={Link} to={`/${to}`} className="back">← {t(to)}</Anchor>;
}
